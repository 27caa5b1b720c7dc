// All suites of this target take it.

import ConvoHTTP
import Testing

func url(_ text: String) throws -> HTTPURL { try #require(HTTPURL(text)) }

extension HTTPLimits {
    /// Long enough for a loaded machine, short enough for a test that fails.
    static let test = HTTPLimits(stall: .seconds(600), total: .seconds(600))
}
