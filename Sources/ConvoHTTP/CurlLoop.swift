internal import CCurl
internal import ConvoPlatform

/// The work of the driver's thread: it takes commands, lets libcurl transfer, reports what has ended, and sleeps until
/// there is more to do.
///
/// The driver's thread creates it, and only that thread uses it.
final class CurlLoop {
    /// The number of easy handles that are kept for later requests.
    static let idleHandleLimit = 16
    /// The longest sleep; libcurl's own timers and the inbox end it earlier.
    static let longestSleepMilliseconds: Int32 = 60_000

    private typealias Ticket = CurlDriver.Ticket
    private typealias Arrival = (ticket: Ticket, request: HTTPRequest, exchange: PendingResponse, isStream: Bool)

    private let multi: UnsafeMutableRawPointer
    private let options: CurlOptions
    private let driver: CurlDriver
    private var active: [Ticket: Transfer] = [:]
    private var tickets: [UnsafeMutableRawPointer: Ticket] = [:]
    private var waiting: [Arrival] = []
    private var idleHandles: [UnsafeMutableRawPointer] = []

    init(multi: UnsafeMutableRawPointer, options: CurlOptions, driver: CurlDriver) {
        self.multi = multi
        self.options = options
        self.driver = driver
    }

    /// Works until the driver is closed, and then ends all transfers and frees the multi handle.
    func run() {
        blockSignals()
        while true {
            let (commands, isClosed) = driver.take()
            for command in commands { obey(command) }
            if isClosed { break }
            var running: Int32 = 0
            convo_multi_perform(multi, &running)
            settleEnded()
            startWaiting()
            guard driver.isEmptyBeforeSleep() else { continue }
            convo_multi_poll(multi, nil, 0, CurlLoop.longestSleepMilliseconds, nil)
        }
        shutDown()
    }

    /// Leaves signals to the program's other threads; a broken pipe is an error code here.
    private func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }

    private func obey(_ command: CurlDriver.Command) {
        switch command {
        case .start(let ticket, let request, let exchange, let isStream):
            waiting.append((ticket, request, exchange, isStream))
            startWaiting()
        case .resume(let ticket):
            if let transfer = active[ticket] { convo_easy_pause(transfer.easy, CURLPAUSE_CONT) }
        case .cancel(let ticket):
            cancel(ticket)
        }
    }

    private func cancel(_ ticket: Ticket) {
        if let transfer = active[ticket] {
            let reached = transfer.mayHaveReachedServer
            end(ticket, transfer) { .failure(.cancelled(mayHaveReachedServer: reached)) }
        } else if let place = waiting.firstIndex(where: { $0.ticket == ticket }) {
            let arrival = waiting.remove(at: place)
            arrival.request.upload?.abandon()
            arrival.exchange.finish(.failure(.cancelled(mayHaveReachedServer: false)))
        }
    }

    // MARK: Starting

    private func startWaiting() {
        while active.count < options.transferLimit, !waiting.isEmpty { start(waiting.removeFirst()) }
    }

    private func start(_ arrival: Arrival) {
        guard let easy = idleHandles.popLast() ?? convo_easy_init() else { return refuse(arrival) }
        let transfer = Transfer(arrival.request, exchange: arrival.exchange, easy: easy)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        guard transfer.configure(options: options, context: context),
            arrival.isStream || transfer.acceptCompression(), convo_multi_add_handle(multi, easy) == CURLM_OK
        else {
            retire(easy)
            return refuse(arrival)
        }
        active[arrival.ticket] = transfer
        tickets[easy] = arrival.ticket
    }

    private func refuse(_ arrival: Arrival) {
        arrival.request.upload?.abandon()
        arrival.exchange.finish(.failure(.unusable("libcurl could not set the request up")))
    }

    // MARK: Ending

    private func settleEnded() {
        var remaining: Int32 = 0
        while let message = convo_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let ticket = tickets[message.pointee.easy_handle],
                let transfer = active[ticket]
            else { continue }
            let code = message.pointee.data.result
            end(ticket, transfer) { transfer.outcome(code) }
        }
    }

    /// Reads the outcome while the handle still has it, and reports it once the connection is free.
    private func end(_ ticket: Ticket, _ transfer: Transfer, _ outcome: () -> Result<Void, HTTPError>) {
        let outcome = outcome()
        convo_multi_remove_handle(multi, transfer.easy)
        active[ticket] = nil
        tickets[transfer.easy] = nil
        retire(transfer.easy)
        transfer.request.upload?.abandon()
        transfer.exchange.finish(outcome)
    }

    /// Keeps an easy handle for a later request, or frees it.
    private func retire(_ easy: UnsafeMutableRawPointer) {
        if idleHandles.count < CurlLoop.idleHandleLimit {
            convo_easy_reset(easy)
            idleHandles.append(easy)
        } else {
            convo_easy_cleanup(easy)
        }
    }

    private func shutDown() {
        for (ticket, transfer) in active {
            let reached = transfer.mayHaveReachedServer
            end(ticket, transfer) { .failure(.transportClosed(mayHaveReachedServer: reached)) }
        }
        for arrival in waiting {
            arrival.request.upload?.abandon()
            arrival.exchange.finish(.failure(.transportClosed(mayHaveReachedServer: false)))
        }
        for easy in idleHandles { convo_easy_cleanup(easy) }
        convo_multi_cleanup(multi)
    }
}

/// Carries a multi handle to the driver's thread, and wakes that thread.
///
/// `@unchecked Sendable`: after its creation only the driver's thread uses it, except for `curl_multi_wakeup`, which
/// > "can be called from any thread" curl.se/libcurl/c/curl_multi_wakeup.html
/// and which the driver calls only under the lock that also guards the handle's end.
struct CurlMulti: @unchecked Sendable {
    /// The number of idle connections that are kept open for later requests.
    static let idleConnectionLimit = 16

    let pointer: UnsafeMutableRawPointer

    /// Creates a multi handle; `nil` where libcurl cannot be loaded or memory is short.
    init?() {
        guard CurlLibrary.isReady, let pointer = convo_multi_init() else { return nil }
        self.pointer = pointer
        _ = convo_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, CurlMulti.idleConnectionLimit)
    }
}
