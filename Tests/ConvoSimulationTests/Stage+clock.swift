// One file for each part of the world that the engine asks for.

package import ConvoModel
package import ConvoSimulation
import ConvoSync

/// The clock of the machine that our process runs on: it may be set, and a wait that has begun keeps its length.
extension Stage: SyncClock {
    package var now: Timestamp { world.clientClock.timestamp }
    package var uptime: Uptime { world.clientUptime }

    package func sleep(until moment: Timestamp) async throws {
        let span = moment.microseconds - now.microseconds
        if span > 0 { try await wait(until: world.now + .microseconds(span)) }
    }
}
