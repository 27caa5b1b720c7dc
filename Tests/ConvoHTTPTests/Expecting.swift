import ConvoHTTP
import Testing

func url(_ text: String) throws -> HTTPURL { try #require(HTTPURL(text)) }

/// The error of `work`, which must fail.
func error<Value>(
    of work: () async throws(HTTPError) -> Value, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> HTTPError {
    do throws(HTTPError) {
        let value = try await work()
        Issue.record("no error, but \(value)", sourceLocation: sourceLocation)
    } catch {
        return error
    }
    throw CancellationError()
}

extension HTTPLimits {
    /// Long enough for a loaded machine, short enough for a test that fails.
    static let test = HTTPLimits(stall: .seconds(600), total: .seconds(600))
}
