// SPDX-License-Identifier: Apache-2.0

/// What the driver allows itself.
enum Limits {
    /// Datagrams that wait for the node; more are dropped and counted, as a router would.
    static let queuedDatagramCountMax = 2_048
    /// Hellos that wait for the node; a local network may be full of strangers.
    static let queuedHelloCountMax = 64
    /// Inputs that are decided together and committed in one transaction.
    static let batchInputCountMax = 64
    /// Requests without a reply yet; more are refused at once.
    static let openRequestCountMax = 256
    /// Live events kept for one slow reader; the oldest go first.
    static let bufferedEventCountMax = 1_024
    /// Live readers of events.
    static let subscriberCountMax = 64
    /// Past events that one question may ask for.
    static let historyCountMax = 10_000
    /// How long the clocks are not looked at, at most.
    static let clockCheckInterval = Duration.seconds(10)
    /// From this much sleep or clock jump on, sessions are made anew.
    static let clockJumpMin = Duration.seconds(180)
    /// Endpoints to listen on.
    static let listenCountMax = 16
    /// How often a learned endpoint's mapping in the router is refreshed while a code shows it.
    static let keepAliveInterval = Duration.seconds(20)
    /// How long a code waits for a router that says nothing.
    static let routerSilenceSpan = Duration.milliseconds(1_500)
    /// How long a code waits for a router that says something.
    static let routerSpan = Duration.seconds(3)
    /// How long the end of the node waits for the router to confirm that its ports are closed.
    static let farewellSpan = Duration.seconds(2)
    /// How many mappings at routers are remembered over a kill.
    static let traceCountMax = 16
    /// A file of them that is this long or longer is not ours.
    static let traceFileByteCountMax = 4096
    /// No router is believed to keep one for longer.
    static let traceSpanMax = Duration.seconds(86_400)
    /// How long peers have to see this node at its new place, before an outside service is asked for it.
    static let newWaySpan = Duration.milliseconds(500)
    /// How long packets leave by the former way too: as long as a peer counts as connected unheard.
    static let formerWaySpan = Duration.seconds(130)
    /// STUN servers that are asked.
    static let serverCountMax = 8
}
