import Cryptography
import HTTPTypes

extension AuthRequestContext {
    /// This request as an act of its caller, with the `Idempotency-Key` if it brought one.
    ///
    /// - Parameter patient: on whose behalf, where the request is a signed-in patient's.
    func act(_ keys: KeyRing, for patient: SignedIn? = nil) throws -> Act {
        let caller = try caller
        return Act(
            practiceID: caller.practice.id,
            clientID: caller.clientID,
            key: idempotencyKey.map {
                IdempotencyKey(
                    $0, client: caller.clientID, method: method.rawValue, path: path,
                    patient: patient?.accountID, body: body, keys: keys)
            },
            requestID: requestID, staff: actingStaff)
    }
}
