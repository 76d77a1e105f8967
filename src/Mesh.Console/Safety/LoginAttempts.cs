namespace Mesh.Console.Safety;

/// <summary>Slows guessing down: after ten wrong tokens from an address within a minute, or a hundred from all, further ones have to wait. Thread-safe.</summary>
/// <param name="time">Clock.</param>
internal sealed class LoginAttempts(TimeProvider time)
{
    private const int MaxOfAddress = 10;
    private const int MaxOfAll = 100;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Queue<(long At, string Address)> failures = [];

    /// <summary>How long an address has to wait; zero when it may try.</summary>
    public TimeSpan WaitOf(string address)
    {
        lock (gate)
        {
            Forget();
            if (failures.Count >= MaxOfAll) return Left(failures.Peek().At);
            return failures.Count(failure => failure.Address == address) >= MaxOfAddress ? Left(failures.First(failure => failure.Address == address).At) : TimeSpan.Zero;
        }
    }

    /// <summary>Notes a wrong token.</summary>
    public void Failed(string address)
    {
        lock (gate)
        {
            // Bounded: beyond so many nobody is let try, so no more come.
            Forget();
            if (failures.Count < MaxOfAll) failures.Enqueue((time.GetTimestamp(), address));
        }
    }

    private TimeSpan Left(long at) => Window - time.GetElapsedTime(at);

    private void Forget()
    {
        while (failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Window) failures.Dequeue();
    }
}
