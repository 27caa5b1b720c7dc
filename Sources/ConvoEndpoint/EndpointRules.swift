// The simulation puts mistakes in place of these, and of nothing else here.

import ConvoJSON
import ConvoModel
import ConvoSync

/// The endpoint's decisions about writes, each a function of values.
///
/// The service takes them as a value, so that the simulation can put a mistake in place of one and show that its checks find it.
struct EndpointRules: Sendable {
    /// Makes the identity by which two requests are the same, of the operation, the conversation, the body and the name that the client
    /// has given the request.
    var identity: @Sendable (RequestIdentity.Kind, RemoteID?, JSONText, String?) -> RequestIdentity = {
        RequestIdentity($0, of: $1, body: $2, name: $3)
    }
    /// What a client that waits is told: of the facts, the policy for writes that the server cannot be told now, and the client's
    /// patience.
    var verdict: @Sendable (WriteVerdict.Facts, OfflineWrites, Duration) -> WriteVerdict = {
        WriteVerdict($0, policy: $1, patience: $2)
    }
    /// Whether the end of a connection proves that the client has had the last answer; takes whether the connection broke.
    var isReceipt: @Sendable (_ isBroken: Bool) -> Bool = { !$0 }
}
