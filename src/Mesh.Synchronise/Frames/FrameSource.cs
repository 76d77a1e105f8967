namespace Mesh.Synchronise;

/// <summary>Gives the frames' times, one after the other.</summary>
internal abstract class FrameSource : IDisposable
{
    /// <summary>The frame moved to last.</summary>
    public FrameInstant Current { get; protected set; }

    /// <summary>Moves to the next frame; false at the end.</summary>
    public abstract ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken);

    public abstract void Dispose();
}

/// <summary>When a frame is, and what made it.</summary>
/// <param name="TimeNs">Its sensor time.</param>
/// <param name="Sequence">Its number in the recording, or the reference sample's.</param>
/// <param name="Reference">The reference sample; absent where there is none.</param>
/// <param name="SpreadNs">Of a set the time between its first and last stamp.</param>
internal readonly record struct FrameInstant(long TimeNs, long Sequence, RowRef Reference, long SpreadNs);
