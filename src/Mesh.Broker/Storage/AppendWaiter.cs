namespace Mesh.Broker.Storage;

/// <summary>Wakes a fetch that waits for any of several partitions.</summary>
internal sealed class AppendWaiter
{
    private TaskCompletionSource signal = New();

    /// <summary>Completes at the next append after the last <see cref="Reset"/>.</summary>
    public Task Signalled => Volatile.Read(ref signal).Task;

    public void Signal() => Volatile.Read(ref signal).TrySetResult();

    /// <summary>Must come before what the waiter looks at, or an append in between would be missed.</summary>
    public void Reset()
    {
        if (Signalled.IsCompleted) Volatile.Write(ref signal, New());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
