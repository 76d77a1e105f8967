namespace Mesh.Storage.S3;

/// <summary>Room for bytes on their way, handed out in the order of asking. A part larger than all of it passes alone.</summary>
internal sealed class UploadSlots : IDisposable
{
    private readonly int maxBytes;
    private readonly Lock gate = new();
    private readonly Queue<(int Bytes, TaskCompletionSource Given)> waiting = new();
    private int free;

    public UploadSlots(int maxBytes) => this.maxBytes = free = maxBytes;

    public async ValueTask TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        TaskCompletionSource given;
        int wanted = Math.Min(bytes, maxBytes);
        lock (gate)
        {
            if (waiting.Count == 0 && free >= wanted)
            {
                free -= wanted;
                return;
            }

            given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue((wanted, given));
        }

        using var cancelled = cancellationToken.Register(() => given.TrySetCanceled(cancellationToken));
        await given.Task.ConfigureAwait(false);
    }

    public void Return(int bytes)
    {
        lock (gate)
        {
            free += Math.Min(bytes, maxBytes);
            while (waiting.TryPeek(out var next) && (free >= next.Bytes || next.Given.Task.IsCompleted))
            {
                waiting.Dequeue();
                if (next.Given.TrySetResult()) free -= next.Bytes;
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            while (waiting.TryDequeue(out var next)) next.Given.TrySetCanceled();
        }
    }
}
