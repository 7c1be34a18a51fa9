import Cryptography
import Foundation
import Postgres

/// Who tries to sign in, as keys under which failures are counted: nothing here can be turned back
/// into an identifier or an address, and a made-up identifier has all of them too (R7).
struct LoginAttempt: Sendable {
    let act: Act
    /// Find the account: by the current key, which writes, and by those before it.
    let identifierIndexes: [[UInt8]]
    /// Find the patient whose national number was typed, where the practice lets patients sign in with
    /// it (NO-2); nil for everything else.
    let numberIndexes: [[UInt8]]?
    /// Finds the patient whose customer number was typed; nil for everything else, a mistyped one too.
    let customerNumber: CustomerNumber?
    /// The identifier as typed and the network, together: the only thing a visible wait counts.
    let pairKey: [UInt8]
    /// The network over all identifiers; nil where the caller did not tell the patient's address.
    let networkThrottleKey: [UInt8]?
    /// The IPv6 site that the network is of, over all identifiers; nil for IPv4.
    let siteThrottleKey: [UInt8]?
    /// The network, as sessions remember it, by the current key and those before it; nil where the
    /// caller did not tell.
    let networkKeys: [[UInt8]]?
    /// Of what was handed in as a pass (Z-20); nil where nothing was.
    let passHash: [UInt8]?

    init(
        act: Act, identifier: Identifier, number: NationalNumber? = nil, network: [UInt8]?,
        pass: Secret<String>? = nil,
        keys: KeyRing
    ) {
        let throttle = keys.macKey(.throttle)
        self.act = act
        passHash = pass.map(SignInPass.hash)
        identifierIndexes = keys.macKeys(.identifier).map {
            identifier.index(practice: act.practiceID, key: $0)
        }
        numberIndexes = number?.indexes(practice: act.practiceID, keys: keys)
        let customerNumber = try? CustomerNumber(typed: identifier.normalized)
        self.customerNumber = customerNumber
        pairKey = Self.pairKey(
            of: identifier.counted(customerNumber, number), from: network, throttle)
        networkThrottleKey = network.map {
            throttle.authenticate(fields: [Array("network".utf8), $0])
        }
        siteThrottleKey = network.flatMap(Self.site(of:)).map {
            throttle.authenticate(fields: [Array("site".utf8), $0])
        }
        networkKeys = network.map { network in
            keys.macKeys(.network).map { $0.authenticate(network) }
        }
    }

    /// - Parameter name: as it is compared; a number as its digits.
    static func pairKey(of name: String, from network: [UInt8]?, _ key: MACKey) -> [UInt8] {
        key.authenticate(fields: [Array("pair".utf8), Array(name.utf8), network ?? []])
    }

    /// The network as the current key writes it.
    var networkKey: [UInt8]? { networkKeys?.first }

    /// Its place in the queue of hashes. Where no network was told, tries of one account, or of one
    /// made-up identifier, share a place and not those of all (Z-12, Z-21).
    func turn(from network: [UInt8]?, to candidate: AdmitLogin.Candidate?) -> Turn {
        let place = candidate?.accountID.bytes ?? Array(pairKey.prefix(16))
        return Turn(
            practice: act.practiceID, network: network ?? place,
            kind: candidate?.fromKnownNetwork == true ? .known : .unknown)
    }

    /// The first 48 bits of an IPv6 network, what one customer is given at most (RFC 6177).
    private static func site(of network: [UInt8]) -> [UInt8]? {
        network.count == 8 ? Array(network.prefix(6)) : nil
    }

    /// The widest row that its statements lock first, as an id: all of them share commits in the order
    /// of these, so that two instances don't each hold what the other waits for.
    var subject: UUID {
        UUID(bytes: siteThrottleKey ?? networkThrottleKey ?? pairKey)
    }

    /// Nine parameters; `$1` to `$4` are the act's but its request id.
    var parameters: [Parameter] {
        act.parameters.dropLast() + [
            .byteArrays(identifierIndexes), .bytes(pairKey),
            networkThrottleKey.map(Parameter.bytes) ?? .null,
            networkKeys.map(Parameter.byteArrays) ?? .null,
            siteThrottleKey.map(Parameter.bytes) ?? .null,
        ]
    }
}

extension Identifier {
    /// What tries with it are counted under: however its groups are parted, a number is one.
    func counted(
        _ customerNumber: CustomerNumber?, _ nationalNumber: NationalNumber?
    ) -> String {
        customerNumber?.digits ?? nationalNumber?.digits.expose() ?? normalized
    }
}

extension LoginAttempt {
    /// The arm `found`: the account of what was typed, by identifier (`$5`), national number or customer
    /// number, which are parameters of their own.
    static func foundArm(nationalNumber: String, customerNumber: String) -> String {
        """
        found as (  -- Whose it is. An address that several accounts share is nobody's (Z-17).
            select min(named.account_id::text)::uuid as account_id
            from (
                select identifier.account_id
                from identifier
                where identifier.practice_id = $1::uuid
                  and identifier.value_index = any ($5::bytea[])
                union
                -- A national number is the register's, so that a change there is one here (NO-6).
                select patient_link.account_id
                from patient_number
                join patient_link
                    on patient_link.practice_id = $1::uuid
                    and patient_link.patient_id = patient_number.patient_id
                    and patient_link.role = 'self'
                where patient_number.practice_id = $1::uuid
                  and patient_number.number_index = any (\(nationalNumber)::bytea[])
                union
                -- So is a customer number: it opens the patient's own account, no parent's (AC-1).
                select patient_link.account_id
                from customer_number
                join patient_link
                    on patient_link.practice_id = $1::uuid
                    and patient_link.patient_id = customer_number.patient_id
                    and patient_link.role = 'self'
                where customer_number.practice_id = $1::uuid
                  and customer_number.number = \(customerNumber)::text
                union
                -- An account that is no patient's own has one of its own.
                select customer_number.account_id
                from customer_number
                where customer_number.practice_id = $1::uuid
                  and customer_number.number = \(customerNumber)::text
                  and customer_number.patient_id is null
                  and customer_number.account_id is not null
            ) as named
            having count(*) = 1
        )
        """
    }
}
