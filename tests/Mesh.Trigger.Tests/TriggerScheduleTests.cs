namespace Mesh.Trigger.Tests;

public class TriggerScheduleTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("2026-11-23T20:59:00Z", "2026-11-23T21:00:00Z")] // Monday evening
    [InlineData("2026-11-23T21:00:00Z", "2026-11-23T21:00:00Z")]
    [InlineData("2026-11-24T04:59:59Z", "2026-11-24T04:59:59Z")] // Tuesday, in Monday's night
    [InlineData("2026-11-24T05:00:00Z", "2026-11-27T21:00:00Z")] // and after it
    [InlineData("2026-11-28T04:00:00Z", "2026-11-28T04:00:00Z")]
    [InlineData("2026-11-28T05:00:00Z", "2026-11-30T21:00:00Z")]
    public void A_window_across_midnight_belongs_to_the_day_on_which_it_opens(string now, string open) =>
        Next(new TriggerSchedule([DayOfWeek.Monday, DayOfWeek.Friday], new TimeOnly(22, 0), new TimeOnly(6, 0), Berlin), now).ShouldBe(DateTimeOffset.Parse(open));

    [Fact]
    public void A_window_without_times_is_the_whole_day()
    {
        var saturday = new TriggerSchedule([DayOfWeek.Saturday], default, default, TimeZoneInfo.Utc);

        Next(saturday, "2026-11-28T23:59:59Z").ShouldBe(DateTimeOffset.Parse("2026-11-28T23:59:59Z"));
        Next(saturday, "2026-11-29T00:00:00Z").ShouldBe(DateTimeOffset.Parse("2026-12-05T00:00:00Z"));
    }

    [Theory]
    [InlineData("2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z")] // 02:30 is left out: half an hour after 02:00, which is 03:00
    [InlineData("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")] // 02:30 comes twice: the first
    public void The_change_of_clocks_neither_loses_nor_doubles_a_window(string now, string open) =>
        Next(new TriggerSchedule([DayOfWeek.Sunday], new TimeOnly(2, 30), new TimeOnly(4, 0), Berlin), now).ShouldBe(DateTimeOffset.Parse(open));

    private static DateTimeOffset Next(TriggerSchedule schedule, string now) => schedule.NextOpen(DateTimeOffset.Parse(now));
}
