namespace Mesh.Trigger;

/// <summary>When a rule may fire. A window that ends before it begins runs into the next day, and belongs to the day on which it opens.</summary>
/// <param name="Days">Days on which it opens; empty for every day.</param>
/// <param name="From">It opens.</param>
/// <param name="To">It closes; the same as <paramref name="From"/> after a whole day.</param>
/// <param name="Zone">Zone of days and times.</param>
public sealed record TriggerSchedule(IReadOnlyList<DayOfWeek> Days, TimeOnly From, TimeOnly To, TimeZoneInfo Zone)
{
    /// <summary>The first moment from <paramref name="now"/> on at which the rule may fire: now while the window is open.</summary>
    public DateTimeOffset NextOpen(DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, Zone);

        // A window of yesterday may still be open; with one day of the week the next is at most seven days away.
        for (int offset = -1; offset <= 8; offset++)
        {
            var day = DateOnly.FromDateTime(local.DateTime).AddDays(offset);
            if (Days.Count > 0 && !Days.Contains(day.DayOfWeek)) continue;
            var opens = Instant(day, From);
            var closes = Instant(To > From ? day : day.AddDays(1), To);
            if (now < opens) return opens;
            if (now < closes) return now;
        }

        throw new InvalidOperationException("A window opens on at least one day of the week.");
    }

    /// <summary>For people: <c>Mon, Tue 22:00 to 06:00 (Europe/Berlin)</c>.</summary>
    public override string ToString() =>
        $"{(Days.Count == 0 ? "every day" : string.Join(", ", Days.Select(day => day.ToString()[..3])))} {From:HH:mm} to {To:HH:mm} ({Zone.Id})";

    /// <summary>A time that the change to summer time leaves out is the same span after it; of one that comes twice the first is meant.</summary>
    private DateTimeOffset Instant(DateOnly day, TimeOnly time)
    {
        var local = day.ToDateTime(time);
        if (Zone.IsInvalidTime(local)) return new DateTimeOffset(local, Zone.GetUtcOffset(local.AddHours(-2))).ToUniversalTime();
        var offset = Zone.IsAmbiguousTime(local) ? Zone.GetAmbiguousTimeOffsets(local).Max() : Zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
