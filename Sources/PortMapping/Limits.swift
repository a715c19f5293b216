// SPDX-License-Identifier: Apache-2.0

/// How often servers of others and routers are asked.
enum Limits {
    // MARK: IPgetter

    /// Servers asked with one question: as many as must agree.
    static let serversPerQuestion = 2

    /// The wait before the first repetition; it doubles with each one (RFC 8489 §6.2.1).
    static let firstRetransmission: Duration = .milliseconds(500)

    /// How often one request is sent; RFC 8489 allows seven, four is politer and ends after 7.5 s.
    static let sendsPerRequest = 4

    /// The least time between two questions.
    static let pauseMin: Duration = .seconds(20)

    /// The most time between two questions, when all of them fail.
    static let pauseMax: Duration = .seconds(3600)

    // MARK: Router

    /// What is asked for; renewed at half of what is granted.
    static let leaseSeconds: UInt32 = 7200

    /// A shorter lease is as good as none: it would be renewed all the time.
    static let leaseMin: Duration = .seconds(30)

    /// A longer lease is not believed, and ends here for us.
    static let leaseMax: Duration = .seconds(86_400)

    /// Renewals are spread over this part of the lease behind its half (RFC 6887 §11.2.1 allows
    /// an eighth).
    static let renewalSpreadDivisor = 16

    /// The least time between two attempts to renew (RFC 6887 §11.2.1).
    static let renewalPauseMin: Duration = .seconds(4)

    /// The wait before NAT-PMP's first repetition; it doubles with each one (RFC 6886 §3.1).
    static let natpmpRetransmission: Duration = .milliseconds(250)

    /// How often a NAT-PMP request is sent (RFC 6886 §3.1).
    static let natpmpSendCount = 9

    /// How long NAT-PMP, once it knows a public address, lets PCP go first.
    ///
    /// On a router that speaks both, one table has the mappings of both.
    static let natpmpHold: Duration = .milliseconds(100)

    /// The wait before PCP's first repetition (IRT, RFC 6887 §8.1.1).
    static let pcpRetransmission: Duration = .seconds(3)

    /// The longest wait between two repetitions (MRT, RFC 6887 §8.1.1).
    static let pcpRetransmissionMax: Duration = .seconds(1024)

    /// How often a PCP request is sent; the RFC sets no limit, this one ends after about 190 s.
    static let pcpSendCount = 6

    /// The wait before a deletion by PCP or NAT-PMP is repeated; it doubles with each one.
    static let deletionRetransmission: Duration = .milliseconds(250)

    /// How often a deletion is sent that nobody confirms; the last one after 1.75 s.
    static let deletionSendCount = 4

    /// How often a call that closes is made by UPnP when it is not answered.
    static let closingTryCount = 3

    /// The least and the most time for which a refusal by PCP is believed (RFC 6887 §7.4 has
    /// 30 seconds and 30 minutes as examples).
    static let refusalSeconds: ClosedRange<Int64> = 30...3600

    /// How long PCP and NAT-PMP go first.
    static let upnpDelay: Duration = .milliseconds(250)

    /// The wait before the search is repeated; it doubles with each one.
    static let searchRetransmission: Duration = .seconds(1)

    /// How often a router is searched for by SSDP.
    static let searchSendCount = 3

    /// How many descriptions of one router are tried.
    static let locationCount = 4

    /// How long a router may take for an HTTP answer.
    static let httpWait: Duration = .seconds(5)

    /// How long a call that opens is waited for when it is to be closed again.
    ///
    /// A node that ends waits 2 s in all.
    static let openingWait: Duration = .seconds(1)

    /// How many entries of a router's table are read to find what an earlier run has left there.
    static let entryCount = 64

    /// How many of these are closed by one run.
    static let leftoverCount = 8

    /// How many external ports are tried by UPnP when each is somebody else's.
    static let portTryCount = 4

    /// When it is tried again after nobody opened a port; spread between the two, in seconds.
    static let retrySeconds: ClosedRange<Int64> = 600...900

    /// The least time between two announcements that have an effect.
    static let announcementPause: Duration = .seconds(2)

    /// How many mappings at routers of former links are remembered, to be taken up again.
    static let rememberedCount = 8

    /// How many IPv6 endpoints get a pinhole.
    static let pinholeCount = 4
}
