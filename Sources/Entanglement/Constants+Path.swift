// SPDX-License-Identifier: Apache-2.0

// Times of what moves a path (PROTOCOL.md §8.5).
extension Constants {
    /// From one challenge to the next at least, to one source.
    public static let challengeInterval = Duration.milliseconds(150)
    /// A path challenge that is not answered within this is void.
    public static let challengeLife = Duration.seconds(5)
    /// So long at most the answer of a place that a common peer named waits for one of the path.
    public static let heldMoveMax = Duration.seconds(1)
    /// And so long at least.
    public static let heldMoveMin = Duration.milliseconds(200)
    /// Back to a path that was left so short a time ago only one of the two goes without asking.
    public static let leftPathSpan = Duration.seconds(150)
    /// The other one goes if the path has not answered after two round trips and this.
    public static let leftPathSlack = Duration.milliseconds(50)
    /// And if it has, it is not asked again so soon.
    public static let keptPathSpan = Duration.milliseconds(800)
}
