// ConvoServer's handler calls this type on the event loop, and knows nothing of the endpoint's ready answers.

import ConvoServer
import ConvoSync

/// Answers reads whose answers are ready, if their clients may ask.
struct ReadyResponder: Sendable {
    let admission: @Sendable () -> EndpointAdmission
    let service: EndpointService

    /// The answer to a read, if it is ready; called on the connection's event loop.
    func response(to read: PlainRead) -> ReadyResponse? {
        let head = EndpointAdmission.Head(
            method: "GET", target: read.target, token: read.token, host: read.host, origin: read.origin)
        guard let parts = service.backend.present, admission().decision(on: head) == .admitted else { return nil }
        return parts.ready.answer(to: read.target)?.response(at: parts.engine.now)
    }
}
