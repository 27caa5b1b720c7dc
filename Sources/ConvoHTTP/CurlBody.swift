/// The body of a stream that libcurl receives. Holds the transport, so that it lives as long as its streams.
final class CurlBody: HTTPBodySource {
    private let exchange: PendingResponse
    private let ticket: CurlDriver.Ticket
    private let transport: CurlTransport
    private let driver: CurlDriver

    init(exchange: PendingResponse, ticket: CurlDriver.Ticket, transport: CurlTransport, driver: CurlDriver) {
        self.exchange = exchange
        self.ticket = ticket
        self.transport = transport
        self.driver = driver
    }

    deinit { driver.cancel(ticket) }

    func next() async throws(HTTPError) -> [UInt8]? {
        let (result, wasPaused) = await withTaskCancellationHandler {
            await exchange.bytes()
        } onCancel: {
            driver.cancel(ticket)
        }
        if wasPaused { driver.resume(ticket) }
        let bytes = try result.get()
        return bytes.isEmpty ? nil : bytes
    }

    func abandon() { driver.cancel(ticket) }
}
