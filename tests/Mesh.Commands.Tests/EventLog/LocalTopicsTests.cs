using System.Text;
using Mesh.Broker;
using Mesh.Commands.EventLog;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.EventLog;

/// <summary>On a broker of its own, as the server asks it and as a cluster is asked.</summary>
public sealed class LocalTopicsTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-topics-").FullName;
    private readonly List<IAsyncDisposable> parts = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_are_found_newest_first_by_offset_and_by_what_they_hold(bool isOwn)
    {
        var (topics, options) = await StartAsync(isOwn);
        await SendAsync(options, 120);

        var newest = await topics.ReadAsync(new MessageQuery("t") { Limit = 10 }, Token);
        newest.Messages.Count.ShouldBe(10);
        newest.Messages.Select(message => message.Offset).ShouldBe(Enumerable.Range(110, 10).Select(offset => (long)offset).Reverse());
        newest.Messages[0].ShouldSatisfyAllConditions(message => message.Form.ShouldBe(RecordForm.Json), message => message.Key.ShouldBe("k119"), message => message.Headers.ShouldContain(header => header.Key == "n" && header.Value == "119"));

        var from = await topics.ReadAsync(new MessageQuery("t") { Partition = 0, From = "17", Limit = 10 }, Token);
        from.Messages.Select(message => message.Offset).ShouldBe(Enumerable.Range(17, 10).Select(offset => (long)offset));
        (from.NextFrom, from.PreviousBefore).ShouldBe((27, 17));

        var before = await topics.ReadAsync(new MessageQuery("t") { Partition = 0, Before = 17, Limit = 10 }, Token);
        before.Messages.Select(message => message.Offset).ShouldBe(Enumerable.Range(7, 10).Select(offset => (long)offset).Reverse());
        (before.NextFrom, before.PreviousBefore).ShouldBe((17, 7));

        var filtered = await topics.ReadAsync(new MessageQuery("t") { Contains = "VALUE 11" }, Token);
        filtered.Messages.Select(message => message.Offset).ShouldBe([119, 118, 117, 116, 115, 114, 113, 112, 111, 110, 11]);
        filtered.ShouldSatisfyAllConditions(page => page.Looked.ShouldBe(120), page => page.CutShort.ShouldBeNull());
        (await topics.ReadAsync(new MessageQuery("t") { Contains = "nowhere" }, Token)).Messages.ShouldBeEmpty();
        await Should.ThrowAsync<MeshException>(topics.ReadAsync(new MessageQuery("t") { Partition = 9 }, Token));
        (await Should.ThrowAsync<MeshException>(topics.ReadAsync(new MessageQuery("none"), Token))).Code.ShouldBe("MESH7108");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_plans_exact_offsets_sets_those_and_waits_for_members_to_go(bool isOwn)
    {
        var (topics, options) = await StartAsync(isOwn);
        await SendAsync(options, 50);
        var consumer = new RecordConsumer(options, "t", "app", NullLogger.Instance);
        await using (consumer)
        {
            await consumer.ReadBatchAsync(50, 1 << 20, TimeSpan.FromMilliseconds(50), Token);
            await consumer.CommitAsync(0, 40, Token);
            var busy = await topics.PlanResetAsync(new OffsetResetRequest("app", "t", "earliest"), Token);
            busy.Members.Single().Partitions.ShouldBe([new TopicPlace("t", 0)]);
            (await Should.ThrowAsync<MeshException>(topics.ResetAsync(busy, Token))).Code.ShouldBe("MESH13202");
            (await topics.FindGroupAsync("app", Token)).ShouldNotBeNull().ShouldSatisfyAllConditions(
                group => group.State.ShouldBe("Stable"), group => group.Lags.Single().ShouldBe(new GroupLag("app", "t", 0, 40, 10)));
        }

        var plan = await topics.PlanResetAsync(new OffsetResetRequest("app", "t", "-20"), Token);
        plan.Changes.ShouldBe([new OffsetChange(0, 40, 30, 0, 50)]);
        (plan.Again, plan.Skipped, plan.ExactPlace).ShouldBe((10, 0, "0:30"));
        await SendAsync(options, 5);
        await topics.ResetAsync(plan, Token);
        (await topics.FindGroupAsync("app", Token))!.Lags.Single().ShouldBe(new GroupLag("app", "t", 0, 30, 25));

        var forwards = await topics.PlanResetAsync(new OffsetResetRequest("app", "t", "0:45"), Token);
        (forwards.Again, forwards.Skipped).ShouldBe((0, 15));
        (await Should.ThrowAsync<MeshException>(topics.PlanResetAsync(new OffsetResetRequest("app", "t", "7:45"), Token))).Code.ShouldBe("MESH13201");
        (await topics.FindGroupAsync("nobody", Token)).ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lists_say_what_the_log_tells_for_one_question(bool isOwn)
    {
        var (topics, options) = await StartAsync(isOwn);
        await SendAsync(options, 50);
        var consumer = new RecordConsumer(options, "t", "app", NullLogger.Instance);
        await using (consumer)
        {
            await consumer.ReadBatchAsync(50, 1 << 20, TimeSpan.FromMilliseconds(50), Token);
            await consumer.CommitAsync(0, 40, Token);
        }

        var topic = (await topics.ListAsync(Token)).Topics.Single(each => each.Name == "t");
        topic.Records.ShouldBe(50);
        (topic.Bytes is > 0).ShouldBe(isOwn);
        topic.Lag.ShouldBe(isOwn ? 10 : null);
        var group = (await topics.ListGroupsAsync(Token)).Single(each => each.Name == "app");
        group.Lag.ShouldBe(isOwn ? 10 : null);
        (await topics.ListGroupsOfAsync("t", Token)).Lags.ShouldBe([new GroupLag("app", "t", 0, 40, 10)]);
        (await topics.DescribeAsync("t", Token)).Partitions.Single().EndOffset.ShouldBe(50);
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("-20")]
    [InlineData("2026-03-01T12:00:00Z")]
    [InlineData("0:17,1:4")]
    public void A_place_is_read_as_people_write_it(string text) => LogPlace.Parse(text).ShouldNotBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("0:17,0:4")]
    [InlineData("0:-1")]
    [InlineData("yesterday-ish")]
    public void What_is_no_place_is_refused(string text) => Should.Throw<MeshException>(() => LogPlace.Parse(text)).Code.ShouldBe("MESH13201");

    public async ValueTask DisposeAsync()
    {
        parts.Reverse();
        foreach (var part in parts) await part.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<(LocalTopics Topics, KafkaOptions Options)> StartAsync(bool isOwn)
    {
        var broker = await KafkaBroker.StartAsync(new BrokerOptions { DataFolder = folder }, NullLogger.Instance, TimeProvider.System, Token);
        parts.Add(broker);
        var options = new KafkaOptions { Bootstrap = broker.Bootstrap };
        var admin = new TopicAdmin(options, NullLogger.Instance);
        parts.Add(admin);
        await admin.CreateAsync("t", 1, null, new Dictionary<string, string>(), Token);
        return (new LocalTopics(options, admin, isOwn ? broker : null, null, NullLogger.Instance), options);
    }

    private static async Task SendAsync(KafkaOptions options, int count)
    {
        var producer = new RecordProducer(options, NullLogger.Instance);
        await using (producer)
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(i => producer.SendAsync("t", Encoding.UTF8.GetBytes($"k{i}"), Encoding.UTF8.GetBytes($$"""{"text":"value {{i}}"}"""), [new("n", $"{i}")], Token)));
        }
    }
}
