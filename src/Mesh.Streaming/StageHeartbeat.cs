namespace Mesh.Streaming;

/// <summary>
/// Whether a stage that has work gets on with it. A stage without work may be silent for as long as it likes; one that is at work and does
/// not beat stands still. Thread-safe.
/// </summary>
/// <param name="stage">The stage's verb.</param>
/// <param name="time">Clock.</param>
public sealed class StageHeartbeat(string stage, TimeProvider time)
{
    private int atWork;
    private long lastBeat;

    /// <summary>The stage's verb.</summary>
    public string Stage => stage;

    /// <summary>Pieces of work under way.</summary>
    public int AtWork => Volatile.Read(ref atWork);

    /// <summary>How long the stage has been at work without getting on; zero without work.</summary>
    public TimeSpan Silence => AtWork == 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref lastBeat));

    /// <summary>A piece of work begins.</summary>
    public void Begin()
    {
        Beat();
        Interlocked.Increment(ref atWork);
    }

    /// <summary>The work has got on.</summary>
    public void Beat() => Volatile.Write(ref lastBeat, time.GetTimestamp());

    /// <summary>A piece of work has ended, well or not.</summary>
    public void End()
    {
        Beat();
        Interlocked.Decrement(ref atWork);
    }
}
