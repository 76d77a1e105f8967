namespace Mesh.Testing;

/// <summary>A clock that moves when the test says so. Timers are not driven.</summary>
public sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset now = start;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => now;

    /// <summary>Moves the clock.</summary>
    public void Advance(TimeSpan by) => now += by;
}
