using Mesh.Commands.Ingest;

namespace Mesh.Commands.Tests.Ingest;

public class FairScheduleTests
{
    private const long Small = 1 << 20;
    private const long Large = 50L << 30;
    private const long LargeFrom = 4L << 30;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Vehicles_take_turns_whatever_the_order_their_uploads_came_in()
    {
        var schedule = new FairSchedule(1, LargeFrom);
        var order = new Order(schedule);
        order.Enter("first", Small);
        for (int i = 0; i < 3; i++) order.Enter("A", Small);
        for (int i = 0; i < 3; i++) order.Enter("B", Small);

        (await order.RunAsync()).ShouldBe(["first", "A", "B", "A", "B", "A", "B"]);
    }

    [Fact]
    public async Task A_vehicle_that_was_served_many_bytes_lets_the_others_catch_up_before_it_is_served_again()
    {
        var schedule = new FairSchedule(1, LargeFrom);
        var order = new Order(schedule);
        order.Enter("heavy", 10 * Small);
        order.Enter("heavy", 10 * Small);
        for (int i = 0; i < 4; i++) order.Enter("light", Small);

        // Eleven units of service lie between the two of the heavy one; the light one's four uploads of two units each fit in.
        (await order.RunAsync()).ShouldBe(["heavy", "light", "light", "light", "light", "heavy"]);
    }

    [Fact]
    public async Task The_heavy_one_is_not_starved_by_others_that_keep_coming()
    {
        var schedule = new FairSchedule(1, LargeFrom);
        var order = new Order(schedule);
        order.Enter("first", Small);
        order.Enter("heavy", Large);
        for (int i = 0; i < 5; i++) order.Enter("light", Small);

        string[] started = await order.RunAsync(onStart: name =>
        {
            if (name == "light" && order.Started < 40) order.Enter("light", Small);
        });

        Array.IndexOf(started, "heavy").ShouldBe(1);

        // And again once it has a second one: it waits for as many bytes as it had, then is served although the others never stop.
        schedule = new FairSchedule(1, LargeFrom);
        order = new Order(schedule);
        order.Enter("heavy", 20 * Small);
        order.Enter("heavy", 20 * Small);
        order.Enter("light", Small);
        started = await order.RunAsync(onStart: name =>
        {
            if (name == "light" && order.Started < 40) order.Enter("light", Small);
        });
        Array.LastIndexOf(started, "heavy").ShouldBeInRange(10, 13);
    }

    [Fact]
    public async Task A_vehicle_that_was_away_has_saved_nothing_up()
    {
        var schedule = new FairSchedule(1, LargeFrom);
        var order = new Order(schedule);
        for (int i = 0; i < 20; i++) order.Enter("busy", Small);
        string[] alone = await order.RunAsync();
        alone.Length.ShouldBe(20);

        order = new Order(schedule);
        order.Enter("first", Small);
        for (int i = 0; i < 3; i++) order.Enter("returned", Small);
        order.Enter("busy", Small);
        // The busy one's last upload still counts, so the returned one has two before it; had it saved up, it would have all three.
        (await order.RunAsync()).ShouldBe(["first", "returned", "returned", "busy", "returned"]);
    }

    [Fact]
    public async Task Of_two_places_large_recordings_take_one_and_small_ones_go_past_those_that_wait()
    {
        var schedule = new FairSchedule(2, LargeFrom);
        var first = schedule.EnterAsync("A", Large, Token);
        var second = schedule.EnterAsync("B", Large, Token);
        var small = schedule.EnterAsync("B", Small, Token);
        first.IsCompletedSuccessfully.ShouldBeTrue();
        second.IsCompleted.ShouldBeFalse();
        small.IsCompletedSuccessfully.ShouldBeTrue();
        (schedule.Working, schedule.Waiting).ShouldBe((2, 1));

        (await small).Dispose();
        second.IsCompleted.ShouldBeFalse();
        (await first).Dispose();
        second.IsCompletedSuccessfully.ShouldBeTrue();
        (await second).Dispose();
        (await second).Dispose();
        (schedule.Working, schedule.Waiting).ShouldBe((0, 0));
    }

    [Fact]
    public void One_place_is_open_to_large_recordings_too()
    {
        var schedule = new FairSchedule(1, LargeFrom);
        schedule.EnterAsync("A", Large, Token).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_queue_and_holds_nothing()
    {
        var schedule = new FairSchedule(1, LargeFrom);
        var holder = await schedule.EnterAsync("A", Small, Token);
        using var patience = new CancellationTokenSource();
        var impatient = schedule.EnterAsync("B", Small, patience.Token);
        var patient = schedule.EnterAsync("C", Small, Token);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(impatient);
        holder.Dispose();
        patient.IsCompletedSuccessfully.ShouldBeTrue();
        (schedule.Working, schedule.Waiting).ShouldBe((1, 0));
    }

    /// <summary>Enters uploads and ends them one by one, noting in which order they were let in.</summary>
    private sealed class Order(FairSchedule schedule)
    {
        private readonly List<(string Name, Task<IDisposable> Turn)> entered = [];
        private readonly List<string> started = [];

        public int Started => started.Count;

        public void Enter(string vehicle, long bytes) => entered.Add((vehicle, schedule.EnterAsync(vehicle, bytes, Token)));

        public async Task<string[]> RunAsync(Action<string>? onStart = null)
        {
            while (entered.Count > 0)
            {
                int next = entered.FindIndex(item => item.Turn.IsCompleted);
                next.ShouldBeGreaterThanOrEqualTo(0);
                var (name, turn) = entered[next];
                entered.RemoveAt(next);
                started.Add(name);
                onStart?.Invoke(name);
                (await turn).Dispose();
            }

            return [.. started];
        }
    }
}
