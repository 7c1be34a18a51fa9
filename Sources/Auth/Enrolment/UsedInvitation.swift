/// The end of an invitation that led to an account: of parallel calls one goes on, and neither the other
/// enrolments nor the practice's super-PIN open anything any more (Z-4, Z-14). Whose account came some
/// other way needs no other (Z-13).
///
/// In a statement whose `$6` to `$9` are the enrolment, its revision as it was read, the patient, and
/// the entry's revision likewise. Rows are locked in the order patient, invitation, enrolment.
enum UsedInvitation {
    /// The arms `held` and `accepted`; the second has a row where the invitation was open until now.
    ///
    /// - Parameters:
    ///   - source: a further table or arm of the condition.
    ///   - condition: what has to hold besides.
    static func acceptedArms(
        as status: Invitation.Status, from source: String, where condition: String
    ) -> String {
        """
        held as (  -- 1. The patient, then the invitation: of parallel calls one goes on.
                select patient.patient_id, patient.identity_mac
                from patient
                where patient.practice_id = $1::uuid
                  and patient.patient_id = $8::uuid
                  and patient.revision = $9::int8
                  and not exists (select from stored)
                for update
            ),
            accepted as (
                update invitation
                set ended_at = clock_timestamp(),
                    end_reason = '\(status.rawValue)'
                from held, enrolment, \(source)
                where enrolment.practice_id = $1::uuid
                  and enrolment.client_id = $2::uuid
                  and enrolment.enrolment_id = $6::uuid
                  and enrolment.revision = $7::int8
                  and enrolment.ended_at is null
                  and invitation.practice_id = $1::uuid
                  and invitation.invitation_id = enrolment.invitation_id
                  and invitation.patient_id = held.patient_id
                  and invitation.identity_mac = held.identity_mac
                  and invitation.ended_at is null
                  and not exists (
                      select from patient_link
                      where patient_link.practice_id = $1::uuid
                        and patient_link.patient_id = $8::uuid
                        and patient_link.role = 'self')
                  and \(condition)
                returning invitation.invitation_id, invitation.patient_id,
                          enrolment.identity_level
            )
        """
    }

    /// The arms `ended` and `used`, behind `accepted`: this enrolment is done, the others are over, what
    /// was typed is erased, and the super-PIN dies.
    ///
    /// - Parameter session: SQL of the session that this enrolment led to.
    static func endedArms(as status: Enrolment.Status, session: String = "null::uuid") -> String {
        """
        ended as (  -- 2. This enrolment is done, the others are over.
                update enrolment
                set ended_at = clock_timestamp(),
                    end_reason = case
                        when enrolment.enrolment_id = $6::uuid then '\(status.rawValue)'
                        else '\(Enrolment.Status.overtaken.rawValue)'
                    end,
                    session_id = case when enrolment.enrolment_id = $6::uuid then \(session) end,
                    first_name = null, last_name = null, username = null, password = null,
                    revision = enrolment.revision + 1
                from accepted
                where enrolment.practice_id = $1::uuid
                  and enrolment.invitation_id = accepted.invitation_id
                  and enrolment.ended_at is null
                returning enrolment.enrolment_id
            ),
            \(usedArm(behind: "accepted"))
        """
    }

    /// The arms `invited`, `overtaken` and `used`, where the patient of an arm came to an account some other way: the
    /// invitation is over, its enrolments too, and the super-PIN dies.
    static func overtakenArms(behind arm: String) -> String {
        """
        invited as (
                update invitation
                set ended_at = clock_timestamp(),
                    end_reason = '\(Invitation.Status.accepted.rawValue)'
                from \(arm)
                where invitation.practice_id = $1::uuid
                  and invitation.patient_id = \(arm).patient_id
                  and invitation.ended_at is null
                returning invitation.invitation_id
            ),
            overtaken as (
                update enrolment
                set ended_at = clock_timestamp(),
                    end_reason = '\(Enrolment.Status.overtaken.rawValue)',
                    first_name = null, last_name = null, username = null, password = null,
                    revision = enrolment.revision + 1
                from invited
                where enrolment.practice_id = $1::uuid
                  and enrolment.invitation_id = invited.invitation_id
                  and enrolment.ended_at is null
            ),
            \(usedArm(behind: arm))
        """
    }

    private static func usedArm(behind arm: String) -> String {
        """
        used as (
                update activation_pin
                set used_at = clock_timestamp()
                from \(arm)
                where activation_pin.practice_id = $1::uuid
                  and activation_pin.patient_id = \(arm).patient_id
                  and activation_pin.used_at is null
            )
        """
    }
}
