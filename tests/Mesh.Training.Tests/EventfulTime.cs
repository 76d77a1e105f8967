namespace Mesh.Training.Tests;

/// <summary>The real clock, except that timers of one length end when something has happened.</summary>
internal sealed class EventfulTime(TimeSpan length, Func<bool> happened) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != length) return base.CreateTimer(callback, state, dueTime, period);
        var poll = TimeSpan.FromMilliseconds(20);
        return base.CreateTimer(
            given =>
            {
                if (happened()) callback(given);
            },
            state, poll, poll);
    }
}
