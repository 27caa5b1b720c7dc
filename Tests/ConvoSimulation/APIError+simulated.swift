// The one place that knows both the emulator's answers and our client's errors.

import ConvoAPI
import MistralEmulator

extension APIError {
    static let brokenConnection = APIError(.answerLost, effect: .unknown, message: "the connection broke")

    /// The error that the real client makes of an answer that is not the API's: the request's effect is unknown.
    static func of(_ answer: ForeignAnswer) -> APIError {
        APIError(.notTheAPI(status: answer.status), effect: .unknown, message: "something else than the API answered")
    }

    /// The error that the real client makes of a 5xx: the API itself says 500 and 503, and a gateway says the others in its name.
    static func failing(_ status: Int) -> APIError {
        APIError(
            .status(status), effect: .unknown, message: "Failed to create conversation response.",
            isAPIsOwn: status == 500 || status == 503,
            answer: ErrorAnswer(status: status, contentType: "application/json", body: []))
    }

    /// The error that the real client makes of an error status: a 4xx had no effect, a 5xx may have had one.
    init(_ refusal: Refusal) {
        self.init(
            .status(refusal.status), effect: refusal.status < 500 ? .none : .unknown, message: refusal.message,
            serverCode: refusal.code,
            answer: ErrorAnswer(status: refusal.status, contentType: "application/json", body: []))
    }
}
