// SPDX-License-Identifier: Apache-2.0

/// The numbers of the protocol (PROTOCOL.md §9); peers must agree on these.
public enum Constants {
    /// Bytes of UDP payload that always work; nothing longer is sent or read.
    public static let datagramByteCountMax = 1_232
    /// Fewer bytes than this are nothing of ours.
    public static let datagramByteCountMin = 20
    /// Bytes of an offer or answer at most (QR version 13-M).
    public static let codeByteCountMax = 331
    /// Endpoints in an offer or answer at most.
    public static let codeHostCountMax = 3
    /// Exact bytes of message 1.
    public static let openingByteCount = 512
    /// Bytes of message 2.
    public static let responseByteCounts = 509...512
    /// Bytes of the padded plaintext of message 3.
    public static let foundingPlaintextByteCount = 512
    /// Bytes of the padded plaintext of message 4; shorter, so that 4 is never longer than 3.
    public static let foundingAnswerPlaintextByteCount = 448
    /// Endpoints inside a sealed message at most.
    public static let sealedEndpointCountMax = 8
    /// Values that tell of a common cluster, at most.
    public static let clusterMatchCountMax = 4
    /// Bytes of a display name at most.
    public static let nameByteCountMax = 64

    /// First byte of a binary packet.
    public static let packetType: UInt8 = 0x81
    /// First byte of a JSON message.
    public static let jsonType: UInt8 = 0x7b
    /// Header of a binary packet: type, reserved, index, counter.
    public static let packetHeaderByteCount = 16
    /// Tag of ChaCha20-Poly1305.
    public static let tagByteCount = 16

    /// Offsets at which the datagram of one attempt is sent.
    public static let attemptSends: [Duration] = [
        .zero, .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600),
        .milliseconds(3200),
    ]
    /// The same while an answer is shown that names no host: only its side can begin.
    public static let lonelySends: [Duration] = (0..<7).map { .milliseconds(800 * $0) }
    /// From one attempt to the next, before jitter.
    public static let attemptInterval = Duration.seconds(5)
    /// From one attempt to the next at least, whatever happens to the network.
    public static let attemptSpacing = Duration.seconds(1)
    /// So many times within ``hurrySpan`` an attempt may come out of turn; more wait for their turn.
    public static let hurryCountMax = 3
    /// So long after the first time, haste is allowed again.
    public static let hurrySpan = Duration.seconds(30)
    /// Largest jitter added to the interval.
    public static let attemptJitterMax = Duration.milliseconds(334)
    /// How long an attempt or a slot is kept.
    public static let attemptLife = Duration.seconds(10)
    /// Attempts that an initiator keeps.
    public static let attemptCountMax = 4
    /// Slots that a responder keeps for one relation.
    public static let slotCountMax = 4

    /// Ports after the known one that a router with sequential ports may have given.
    public static let predictedPortCount = 16
    /// Datagrams to ports of one address in one round of birthday probing.
    public static let probeCountMax = 1_024
    /// Sockets from which the other side sends meanwhile.
    public static let freshSocketCount = 384
    /// Endpoints to which each of these sends.
    public static let freshTargetCountMax = 2
    /// From one datagram of a round to the next, on both sides.
    public static let birthdaySpacing = Duration.milliseconds(20)
    /// How far a round that is late may be behind: the rest is not made up for.
    public static let birthdayLag = Duration.milliseconds(-80)
    /// From the end of a round to the next one.
    public static let birthdayPause = Duration.seconds(20)
    /// The same after the third round, while a code is shown.
    public static let birthdayPatience = Duration.seconds(60)
    /// Rounds before it is given up.
    public static let birthdayRoundCountMax = 3
    /// From the first attempt to the first round.
    public static let birthdayDelay = Duration.milliseconds(500)
    /// The same for a trusted peer, whose last path may still work.
    public static let birthdaySearchDelay = Duration.seconds(3)
    /// The same where one side has no router or sequential ports: the attempts will mostly do.
    public static let birthdayLateDelay = Duration.seconds(6)
    /// The same while such a side does not know whether its answer was scanned.
    public static let birthdayShownDelay = Duration.seconds(10)

    /// Time of the online step before the person is asked.
    public static let connectingLife = Duration.seconds(90)
    /// From one attempt to the next while timed out.
    public static let timedOutInterval = Duration.seconds(55)
    /// Largest jitter added to that: two who look for each other through routers that forget in less
    /// than a minute must not stay out of step.
    public static let timedOutJitterMax = Duration.seconds(10)
    /// A timed-out pairing is given up after this; a tombstone is kept as long.
    public static let pairingLife = Duration.seconds(30 * 86_400)
    /// Keys of a relation that the other ended are kept this long, to acknowledge repetitions.
    public static let forgottenLife = Duration.seconds(86_400)
    /// Shortest life of an offer.
    public static let codeLifeMin = Duration.seconds(10)
    /// Longest life of an offer.
    public static let codeLifeMax = Duration.seconds(86_400)
    /// Between the three 410s of a Cancel.
    public static let goneSpacing = Duration.milliseconds(500)
    /// A meeting waits so long for the IPgetter.
    public static let askingSpan = Duration.seconds(3)
    /// From one question of the IPgetter to the next at least.
    public static let askingInterval = Duration.seconds(20)
    /// Default life of an offer.
    public static let offerLife = Duration.seconds(600)
    /// Repetitions of the 410 at Cancel.
    public static let goneSendCount = 3
    /// One 410 for a buried `pid` per this.
    public static let goneInterval = Duration.seconds(10)
    /// One 409 per relation per this.
    public static let resyncInterval = Duration.seconds(30)
    /// Counters `n` reserved at once.
    public static let counterBlock: UInt64 = 1_024
    /// Integers on the wire are below this.
    public static let integerLimit: UInt64 = 1 << 53

    /// A session in use is renewed by its initiator after this, by its responder 10 s later.
    public static let rekeyAfter = Duration.seconds(120)
    /// The responder's patience beyond `rekeyAfter`.
    public static let rekeyResponderExtra = Duration.seconds(10)
    /// A session sends and accepts nothing after this.
    public static let rejectAfter = Duration.seconds(180)
    /// A session's keys are erased after this.
    public static let eraseAfter = Duration.seconds(540)
    /// Packets of one session and direction at most.
    public static let packetCountMax: UInt64 = 1 << 48

    /// Nothing sent for this long: a ping.
    ///
    /// Routers that forget after 20 s exist, and one that then takes another port has lost the peer
    /// for good.
    public static let keepaliveInterval = Duration.seconds(15)
    /// The same where routers forget sooner, at least.
    public static let keepaliveIntervalMin = Duration.seconds(9)
    /// So many pings in a row that are answered late show that routers forget sooner.
    public static let keepaliveMissCountMax = 3
    /// Nothing heard for this long, a bit longer than the longest rest: the peer is asked.
    public static let silenceMax = Duration.seconds(125)
    /// A peer heard within this is connected: the longest silence, and a probe that fails.
    public static let connectedSpan = Duration.seconds(130)
    /// Rests that are tested, and what is kept where one was outlasted.
    static let restSteps: [(tested: Duration, kept: Duration)] = [
        (.seconds(10), .seconds(9)), (.seconds(30), .seconds(27)), (.seconds(60), .seconds(55)),
        (.seconds(120), .seconds(110)),
    ]
    /// The one that is tested first.
    public static let restFirst = Duration.seconds(30)
    /// The longest that a peer waits for.
    public static let restMax = Duration.seconds(120)
    /// From one question of a trial to the next: routers take a mapping for used only after 2 s.
    public static let restSpacing = Duration.milliseconds(2500)
    /// Questions of one trial at most, and where none is answered.
    public static let restSendMax = 4
    /// Questions of one trial where none is answered.
    public static let restTryMax = 3
    /// When the late answers are sent, counted from the end of the rest.
    public static let restLateSends: [Duration] = [
        .zero, .milliseconds(200), .milliseconds(600),
    ]
    /// So long after the rest they are waited for.
    public static let restPatience = Duration.seconds(3)
    /// A helper that was not heard for so long, or half the rest, may be gone.
    public static let restSilence = Duration.seconds(20)
    /// Answers that come sooner than the rest by more than this spoil a trial.
    public static let restTolerance = Duration.seconds(1)
    /// So long a path stands before a trial by way of it.
    public static let restDelay = Duration.seconds(30)
    /// Largest jitter added to that.
    public static let restJitterMax = Duration.seconds(10)
    /// From one trial that told something to the next.
    public static let restPause = Duration.seconds(1)
    /// From one that told nothing to the next, doubled each time.
    public static let restRetry = Duration.seconds(60)
    /// And at most.
    public static let restRetryMax = Duration.seconds(3_600)
    /// A peer that did not help, or not honestly, is passed over for so long.
    public static let unhelpfulLife = Duration.seconds(3_600)
    /// What was measured is measured anew after this.
    public static let lifetimeAge = Duration.seconds(86_400)
    /// Zeros at the end of a question: it is as long as four answers over IPv6, all sealed.
    static let restPaddingByteCount = 4 * (packetHeaderByteCount + tagByteCount + 30) - 44
    /// When a ping is repeated; after the last plus `probeSpan` without answer: unreachable.
    public static let probeSends: [Duration] = [
        .zero, .milliseconds(200), .milliseconds(600), .milliseconds(1200), .milliseconds(2000),
    ]
    /// All probes of one ping have this long.
    public static let probeSpan = Duration.seconds(3)
    /// Searching for a lost peer: this long an attempt every 5 s, then one a minute.
    public static let searchEagerSpan = Duration.seconds(90)
    /// Looked for in vain for so long, common peers are asked.
    public static let seekDelay = Duration.seconds(2)
    /// The same when the own network changed: who is not lost has answered by then.
    public static let seekHaste = Duration.milliseconds(300)
    /// So long after a peer has moved, those whom it seeks are told that they are sought.
    public static let soughtSpan = Duration.seconds(30)
    /// From one asking of common peers to the next while the search is eager.
    public static let seekInterval = Duration.seconds(10)
    /// The same while the peer is reached by way of another.
    public static let seekRelayedInterval = Duration.seconds(20)
    /// How long a common peer remembers who seeks.
    public static let seekLife = Duration.seconds(90)
    /// Tags in one frame that seeks, at most.
    public static let seekCountMax = 32
    /// From one word about the same two to the next.
    public static let foundInterval = Duration.seconds(5)
    /// The same while they are relayed.
    public static let foundRelayedInterval = Duration.seconds(35)
    /// The moment of which a common peer tells is no later than this.
    public static let foundDelayMax = Duration.seconds(2)
    /// What a common peer says of a peer's place is fresh for so long.
    public static let vouchedLife = Duration.seconds(60)
    /// Two who were told of each other try so long without being relayed.
    public static let relayPatience = Duration.seconds(3)
    /// From one attempt at a direct path to the next, at least, while the peer is relayed.
    public static let directInterval = Duration.seconds(30)
    /// Bytes of a datagram that is relayed: what is left of one in a packet of the helper's session.
    public static let relayedByteCountMax =
        datagramByteCountMax - packetHeaderByteCount - tagByteCount - 1 - 16
    /// When a round of hellos is sent, counted from its beginning.
    public static let helloSends: [Duration] = [.zero, .seconds(1), .seconds(3), .seconds(8)]
    /// From one hello to the next afterwards, while somebody is missed.
    public static let helloInterval = Duration.seconds(60)
    /// Largest jitter added to that.
    public static let helloJitterMax = Duration.seconds(5)
    /// From one hello to the next at least.
    public static let helloSpacing = Duration.seconds(1)
    /// A round that comes too soon after others has one hello, so much later.
    public static let helloPause = Duration.seconds(8)
    /// So long a place where a peer's hello came from is tried.
    public static let sightingLife = Duration.seconds(10)
    /// From one hello of a peer that is answered out of turn to the next at least.
    public static let sightingSpacing = Duration.milliseconds(500)
    /// After a change some peers are asked whether they have heard of it, at these times.
    public static let gossipRounds: [Duration] = [
        .milliseconds(400), .milliseconds(1_200), .seconds(4), .seconds(15),
    ]
    /// So many of them at each time.
    public static let gossipRoundPeers = 2
    /// A record of somebody else is passed on to so many at once.
    public static let gossipFanout = 4
    /// From one summary, list of places or secret to the next for one peer at least, without news.
    public static let gossipSpacing = Duration.seconds(1)
    /// An answer about records is waited for so long.
    public static let gossipPatience = Duration.milliseconds(700)
    /// So many peers are asked for records of one cluster at a time.
    public static let gossipPullCountMax = 2
    /// The same question so often in vain is given up for a while.
    public static let gossipTryCountMax = 6
    /// From so many records on a newcomer computes the roster after whole batches.
    static let batchedFoldCount = 64
    /// One member is asked for records so long in a row; then others have their turn.
    public static let gossipPullSpan = Duration.seconds(30)
    /// Who did not answer is asked again after this.
    public static let gossipPause = Duration.seconds(30)
    /// So long after the first peer is connected the own addresses are published.
    public static let publishPatience = Duration.milliseconds(500)
    /// An endpoint record is looked at again after this.
    public static let publishInterval = Duration.seconds(21_600)
    /// Who runs twice answers the other copy's endpoint records no sooner than this.
    public static let clonePause = Duration.seconds(60)
    /// Seconds after which an endpoint record is renewed: three days of the seven that it is valid.
    public static let publishSeconds: UInt64 = 259_200
    /// So long after somebody is gone the first member makes a new epoch.
    public static let epochDelay = Duration.milliseconds(300)
    /// The next one waits so much longer, and each after it.
    public static let epochPatience = Duration.seconds(2)
    /// But no more than so many times.
    public static let epochPatienceCountMax = 5
    /// Where newer keys are, the old ones call so many times more seldom than a slow search.
    public static let passivePatienceCount = 5
    /// Whoever is removed may ask why for so long.
    public static let farewellSpan = Duration.seconds(10)
    /// And then again so long after it began.
    public static let farewellPause = Duration.seconds(300)
    /// A meeting's relation with somebody who is connected by other keys is given up after this.
    public static let uselessSpan = Duration.seconds(600)
    /// Up to so many members everybody stays connected with everybody.
    public static let meshCountMax = 30
    /// From one look at how many are connected to the next, in a larger cluster.
    public static let lonelyInterval = Duration.seconds(30)
    /// With fewer connected than this a member calls some more.
    public static let lonelyCountMax = 4
    /// And so many each time.
    public static let lonelyCallCount = 8
    /// A relation that rests is kept up for so long after somebody wanted it.
    public static let wantedLife = Duration.seconds(300)
    /// Secrets of epochs that are kept: by them sleepers are heard.
    public static let epochCountMax = 16
    /// So long after the next one came.
    public static let epochLife = Duration.seconds(90 * 86_400)
    /// An epoch whose secret has not come after this, although somebody is connected, is replaced.
    public static let epochSilence = Duration.seconds(60)
    /// Datagrams at once to a place that only an endpoint record names; one more after each pause.
    public static let toldCallCountMax = 18
    /// One more of them, for one place.
    public static let toldCallPause = Duration.seconds(20)
    /// The same to all such places of one member.
    public static let toldCallCountMaxOfAll = 72
    /// One more of them, for one member.
    public static let toldCallPauseOfAll = Duration.seconds(5)
    /// A clock jump that drops all sessions.
    public static let clockJump = Duration.seconds(180)
}

/// Our own limits on memory and work; a second implementation may choose others.
public enum Limits {
    /// Records that are sent to whoever is removed before it asks.
    public static let verdictPushMax = 32
    /// Packets that whoever is removed gets when it asks why.
    public static let farewellPacketMax = 600
    /// Unfinished pairings at once.
    public static let pairingCountMax = 64
    /// Relations at once, pairings and peers.
    public static let relationCountMax = 4_096
    /// Packets about records that one peer may cause: burst.
    public static let gossipBurst = 600
    /// The same a second.
    public static let gossipPerSecond = 200
    /// Dropped relations of a cluster of which it is remembered what they have used up.
    public static let keptCounterCountMax = 512
    /// Endpoints remembered for one peer.
    public static let endpointCountMax = 8
    /// Handshakes that one relation may ask for: burst.
    public static let handshakeBurst = 10
    /// And per second.
    public static let handshakesPerSecond = 5
    /// Handshakes of all relations together per second, and burst.
    public static let handshakesPerSecondOfAll = 200
    /// The same of all whose keys are from one cluster's secret.
    public static let handshakesPerSecondOfCluster = 100
    /// Places that only endpoint records name, of which it is known how often they were called.
    public static let rationCountMax = 2_048
    /// Calls a second to all other such places together.
    public static let rationRestPerSecond = 1
    /// New places of one peer that are challenged at once.
    public static let challengeCountMax = 4
    /// Common peers that are asked for help at once.
    public static let helperCountMax = 16
    /// Endpoints that are remembered to be answered by fresh sockets.
    public static let boundEndpointCountMax = 256
    /// Relayed ways that are remembered for one peer.
    public static let relayCountMax = 3
    /// Tags that a helper remembers of one peer.
    public static let soughtCountMax = 64
    /// Peers that may seek under one tag: two, and who pretends.
    public static let seekerCountMax = 4
    /// Bytes that a helper relays for one peer: burst.
    public static let relayBurst = 65_536
    /// And per second.
    public static let relayedBytesPerSecond = 32_768
    /// The same for all peers together.
    public static let relayBurstOfAll = 262_144
    /// And per second.
    public static let relayedBytesPerSecondOfAll = 131_072
    /// Peers that are told that one who has moved seeks: burst.
    public static let soughtBurst = 128
    /// And per second.
    public static let soughtPerSecond = 8
    /// The same for all who move together.
    public static let soughtBurstOfAll = 512
    /// And per second.
    public static let soughtPerSecondOfAll = 32
    /// Frames 19 of one helper that are looked at, at once.
    public static let soughtHeardBurst = 16
    /// And a second.
    public static let soughtHeardPerSecond = 4
    /// Tags under which something is relayed at once: one helper may be all that a cluster of 23 has.
    public static let relayedTagCountMax = 256
    /// Nothing relayed for so long: the tag does not count any more.
    public static let relayIdleSpan = Duration.seconds(60)
    /// Hellos looked at, of all who send them: burst.
    public static let helloBurst = 20
    /// And per second.
    public static let hellosPerSecond = 10
    /// Relations whose tags are searched for in one hello.
    public static let helloRelationCountMax = 512
    /// Places of one peer on the local network.
    public static let sightingCountMax = 3
    /// Sessions kept for one relation.
    public static let sessionCountMax = 6
    /// Rests that one peer may ask for at once.
    public static let restCountMax = 2
    /// Pings that wait at once for one peer.
    public static let waitingPingCountMax = 16
}
