namespace Mesh.Synchronise;

/// <summary>What makes frames, and so their times: a channel, a fixed rate, or matched sets.</summary>
public abstract record FrameReference
{
    private protected FrameReference()
    {
    }
}
