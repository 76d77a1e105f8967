using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Mesh.Commands.Live;

namespace Mesh.Console.Tests.Live;

public class LiveTests
{
    [Fact]
    public async Task Who_listens_gets_every_value_and_then_only_what_is_new()
    {
        var source = new FakeLiveSource { OpenLetters = 4 };
        await using var console = await ConsoleHost.StartAsync(services => services with { Live = source });
        await using var events = await ListenAsync(console);

        var first = await NextAsync(events, "values");
        first.GetProperty("values").GetProperty("letters.open").GetString().ShouldBe("4");
        first.GetProperty("values").GetProperty("recordings.committed").GetString().ShouldBe("3");

        source.OpenLetters = 1_234;
        var second = await NextAsync(events, "values", data => data.GetProperty("values").TryGetProperty("letters.open", out _));
        second.GetProperty("values").GetProperty("letters.open").GetString().ShouldBe("1,234");
        second.GetProperty("values").TryGetProperty("recordings.committed", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_change_is_told_with_its_kind_and_who_comes_back_is_told_only_what_it_missed()
    {
        var source = new FakeLiveSource();
        await using var console = await ConsoleHost.StartAsync(services => services with { Live = source });
        string place;
        await using (var events = await ListenAsync(console))
        {
            // Of a place that it never had, everything counts as changed.
            KindsOf(await NextAsync(events, "changed")).ShouldBe(LiveKinds.All, ignoreOrder: true);
            source.Change("jobs");
            KindsOf(await NextAsync(events, "changed")).ShouldBe(["jobs"]);
            place = events.Current.EventId!;
        }

        source.Change("recordings");
        await using var again = await ListenAsync(console, place);
        KindsOf(await NextAsync(again, "changed")).ShouldBe(["recordings"]);
    }

    [Fact]
    public async Task A_page_says_the_place_it_was_made_at_before_it_asked_anything()
    {
        var source = new FakeLiveSource();
        await using var console = await ConsoleHost.StartAsync(services => services with { Live = source });
        string before = MarkOf((await console.GetAsync("/")).Html);
        MarkOf((await console.GetAsync("/")).Html).ShouldBe(before);
        source.Change("recordings");
        MarkOf((await console.GetAsync("/")).Html).ShouldNotBe(before);
    }

    [Fact]
    public async Task More_listeners_than_the_limit_are_sent_away()
    {
        await using var console = await ConsoleHost.StartAsync(services => services with { Live = new FakeLiveSource() });
        var open = new List<HttpResponseMessage>();
        try
        {
            while (open.Count < 100 && (open.Count == 0 || open[^1].StatusCode == HttpStatusCode.OK)) open.Add(await ConnectAsync(console, null));
            open.Count.ShouldBe(65);
            open[^1].StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            foreach (var response in open) response.Dispose();
        }
    }

    [Fact]
    public void The_history_holds_rates_between_points_and_at_most_an_hour()
    {
        var history = new LiveHistory();
        history.Add(FakeLiveSource.Facts(DateTimeOffset.UnixEpoch, 0));
        history.Samples.ShouldBeEmpty();
        history.Add(FakeLiveSource.Facts(DateTimeOffset.UnixEpoch.AddSeconds(10), 2, rows: 500));
        history.Samples.Single().ShouldSatisfyAllConditions(sample => sample.RowsPerSecond.ShouldBe(50), sample => sample.OpenLetters.ShouldBe(2));

        // A restarted counter counts from nothing.
        history.Add(FakeLiveSource.Facts(DateTimeOffset.UnixEpoch.AddSeconds(20), 2, rows: 100));
        history.Samples[^1].RowsPerSecond.ShouldBe(10);
        for (int i = 3; i < 500; i++) history.Add(FakeLiveSource.Facts(DateTimeOffset.UnixEpoch.AddSeconds(10 * i), 0));
        history.Samples.Count.ShouldBe(LiveHistory.Capacity);
    }

    private static async Task<HttpResponseMessage> ConnectAsync(ConsoleHost console, string? after)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/live");
        if (after is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        return await console.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> ListenAsync(ConsoleHost console, string? after = null)
    {
        var response = await ConnectAsync(console, after);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return SseParser.Create(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)).EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    private static async Task<JsonElement> NextAsync(IAsyncEnumerator<SseItem<string>> events, string name, Func<JsonElement, bool>? isSought = null)
    {
        while (await events.MoveNextAsync())
        {
            if (events.Current.EventType != name) continue;
            var data = JsonDocument.Parse(events.Current.Data).RootElement;
            if (isSought?.Invoke(data) != false) return data;
        }

        throw new EndOfStreamException("The stream has ended.");
    }

    private static IEnumerable<string> KindsOf(JsonElement changed) => changed.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()!);

    private static string MarkOf(string html) => html.Split("data-mark=\"")[1].Split('"')[0];
}
