namespace Mesh.Training.Running;

/// <summary>An attempt that this process looks after, which others may end.</summary>
internal sealed class RunningAttempt : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly Lock gate = new();
    private bool isDisposed;

    /// <param name="shutdown">Ends the attempt with the process.</param>
    public RunningAttempt(CancellationToken shutdown)
    {
        source = CancellationTokenSource.CreateLinkedTokenSource(shutdown);
        Token = source.Token;
    }

    /// <summary>Why an attempt is to end before its trainer does.</summary>
    public enum StopCause
    {
        /// <summary>Nobody said so, other than the process's own end.</summary>
        None,
        /// <summary>The job was cancelled.</summary>
        Cancelled,
        /// <summary>The job makes room for another and runs again later.</summary>
        Preempted,
    }

    /// <summary>Cancelled when the attempt is to end, whoever said so.</summary>
    public CancellationToken Token { get; }

    /// <summary>Who said so; a cancellation counts more than having to make room.</summary>
    public StopCause Cause { get; private set; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Ends the attempt.</summary>
    public void Stop(StopCause cause, string reason)
    {
        lock (gate)
        {
            if (isDisposed || Cause == StopCause.Cancelled || (Cause == cause)) return;
            (Cause, Reason) = (cause, reason);
        }

        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    public void Dispose()
    {
        lock (gate) isDisposed = true;
        source.Dispose();
    }
}
