/// The client's judgement of an answer: whether the API itself wrote it, and what it proves.
///
/// "Refused", "deleted", "not found" and "an empty list" are conclusions that only the API's own answer allows. A
/// sign-in page, a firewall or another program behind the same name answers with the same statuses, so the status alone
/// proves nothing: the media type and the body's shape must be the API's too.
enum AnswerClass: Equatable {
    case success
    /// The answer is an error, or was not written by the API.
    ///
    /// - Parameters:
    ///   - isAPIsOwn: whether the API wrote it, and not something in front of the API.
    ///   - changedNothing: whether it proves that the request was not carried out.
    case failure(APIError.Kind, isAPIsOwn: Bool, changedNothing: Bool)

    /// Statuses that only ask to come back later.
    ///
    /// They prove nothing, whoever sends them.
    static let laterStatuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

    /// Classifies an answer whose status is not a success.
    ///
    /// - Parameters:
    ///   - status: the answer's status, any but 2xx.
    ///   - shape: the shape of its body.
    ///   - isOverPlan: whether one of the answer's `x-ratelimit-limit-…` fields is zero.
    init(errorStatus status: Int, shape: ErrorMessage.Shape, isOverPlan: Bool) {
        let isOwn = AnswerClass.isAPIsOwn(shape, status)
        switch status {
        case 429 where isOwn && isOverPlan: self = .failure(.notInPlan, isAPIsOwn: true, changedNothing: true)
        case _ where AnswerClass.laterStatuses.contains(status):
            self = .failure(.status(status), isAPIsOwn: isOwn, changedNothing: isOwn && status == 429)
        case 404 where shape == .noRoute: self = .failure(.noRoute, isAPIsOwn: false, changedNothing: true)
        case 400..<500 where isOwn: self = .failure(.status(status), isAPIsOwn: true, changedNothing: true)
        case 500... where isOwn: self = .failure(.status(status), isAPIsOwn: true, changedNothing: false)
        default: self = .notTheAPI(status)
        }
    }

    /// Classifies an answer whose status is a success.
    ///
    /// - Parameters:
    ///   - status: the answer's status, 2xx.
    ///   - mediaType: in lower case, without parameters; `nil` if the answer names none.
    ///   - isBodyEmpty: whether the answer has no body.
    ///   - expected: the shape that the operation's answer must have.
    init(successStatus status: Int, mediaType: String?, isBodyEmpty: Bool, expecting expected: ExpectedAnswer) {
        let isExpected =
            switch expected {
            case .nothing: status == 204 && isBodyEmpty
            case .events: mediaType == "text/event-stream"
            // Recorded: application/octet-stream, whatever the file is. A sign-in page or another program's JSON is none.
            case .file: mediaType != "text/html" && !AnswerClass.isJSON(mediaType)
            default: AnswerClass.isJSON(mediaType)
            }
        self = isExpected ? .success : .notTheAPI(status)
    }

    static func notTheAPI(_ status: Int) -> AnswerClass {
        .failure(.notTheAPI(status: status), isAPIsOwn: false, changedNothing: false)
    }

    static func isJSON(_ mediaType: String?) -> Bool {
        guard let mediaType else { return false }
        return mediaType == "application/json" || (mediaType.hasPrefix("application/") && mediaType.hasSuffix("+json"))
    }

    private static func isAPIsOwn(_ shape: ErrorMessage.Shape, _ status: Int) -> Bool {
        switch shape {
        case .apiError: status >= 400
        case .validation: status == 422
        case .detail: status == 401 || status == 403
        case .gateway: [401, 403, 429].contains(status)
        case .noRoute, .foreign: false
        }
    }
}
