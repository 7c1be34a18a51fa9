import Cryptography
import HTTPTypes

extension AuthRequestContext {
    /// This request as an act of its caller, with the `Idempotency-Key` if it brought one.
    func act(_ keys: KeyRing) throws -> Act {
        let caller = try caller
        return Act(
            practiceID: caller.practice.id,
            clientID: caller.clientID,
            key: idempotencyKey.map {
                IdempotencyKey(
                    $0, client: caller.clientID, method: method.rawValue, path: path, body: body,
                    keys: keys)
            },
            requestID: requestID, staff: actingStaff)
    }
}
