import ConvoAPI

extension APIError {
    static let brokenConnection = APIError(.answerLost, effect: .unknown, message: "the connection broke")

    /// As the real client reads what is not the API's: it says nothing of what the server did.
    static func of(_ answer: ForeignAnswer) -> APIError {
        APIError(.notTheAPI(status: answer.status), effect: .unknown, message: "something else than the API answered")
    }

    /// As the real client reads an error status: a 4xx did nothing, a 5xx may have.
    init(_ refusal: ServerRefusal) {
        self.init(
            .status(refusal.status), effect: refusal.status < 500 ? .none : .unknown, message: refusal.message,
            serverCode: refusal.code.map(String.init))
    }
}
