public import Hummingbird
import NIOCore

/// What a request carries through the server: its connection and its name.
public struct ExchangeContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let correlationID: String
    let arrival: ContinuousClock.Instant

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        correlationID = UUIDv7(microseconds: WallClock.microseconds()).dashed
        arrival = .now
    }
}
