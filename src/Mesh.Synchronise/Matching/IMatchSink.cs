namespace Mesh.Synchronise.Matching;

/// <summary>
/// Receives what a <see cref="SetMatcher"/> decides, in the order it decides, from within <see cref="SetMatcher.Add"/> and
/// <see cref="SetMatcher.Complete"/>. Every message added ends in exactly one of the two methods (<see cref="LatestTimeMatcher"/> may match
/// one several times). Must not call back into the matcher.
/// </summary>
public interface IMatchSink
{
    /// <summary>A set was formed.</summary>
    /// <param name="messages">Per channel the handle given to <see cref="SetMatcher.Add"/>, -1 for none; valid during the call only.</param>
    void Matched(ReadOnlySpan<long> messages);

    /// <summary>A message will not be in any set.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="message">Its handle.</param>
    /// <param name="reason">Why.</param>
    void Dropped(int channel, long message, DropReason reason);
}
