using System.Diagnostics;
using System.Text.Json;

namespace Mesh.Broker.Tests.Conformance;

internal sealed partial class ConformanceSuite
{
    private async Task GroupsAsync(string strategy)
    {
        string topic = await NewTopicAsync(4);
        string group = $"g-{topic}";
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(0, 40) });
        await AskAsync(new { @do = "join", member = $"{topic}-a", group, topic, strategy });
        await UntilAsync(async () => (await AssignedAsync($"{topic}-a")).Count == 4, "the first member to have all partitions");

        await AskAsync(new { @do = "join", member = $"{topic}-b", group, topic, strategy });
        await UntilAsync(async () =>
        {
            var (a, b) = (await AssignedAsync($"{topic}-a"), await AssignedAsync($"{topic}-b"));
            return a.Count == 2 && b.Count == 2 && a.Union(b).Count() == 4;
        }, "two members to share the partitions");
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(40, 40) });
        await UntilAsync(async () => (await ValuesAsync($"{topic}-a")).Union(await ValuesAsync($"{topic}-b")).Count() == 80, "80 records at the two");

        await AskAsync(new { @do = "leave", member = $"{topic}-b" });
        await UntilAsync(async () => (await AssignedAsync($"{topic}-a")).Count == 4, "the first member to take over");
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(80, 20) });
        await UntilAsync(async () => Enumerable.Range(80, 20).All((await ValuesAsync($"{topic}-a")).Select(int.Parse).ToHashSet().Contains), "the last 20 records at the one");
        await AskAsync(new { @do = "leave", member = $"{topic}-a" });
    }

    private async Task StaticAsync()
    {
        string topic = await NewTopicAsync(2);
        string group = $"g-{topic}";
        await AskAsync(new { @do = "join", member = $"{topic}-a", group, topic, instance = "a" });
        await AskAsync(new { @do = "join", member = $"{topic}-b", group, topic, instance = "b" });
        await UntilAsync(async () => (await AssignedAsync($"{topic}-a")).Count == 1 && (await AssignedAsync($"{topic}-b")).Count == 1, "two static members to share the partitions");
        var before = await AssignedAsync($"{topic}-b");

        // A static member leaves without saying so, and the other keeps exactly what it has while the first is away for less than its session.
        await AskAsync(new { @do = "leave", member = $"{topic}-b" });
        (await AssignedAsync($"{topic}-a")).Count.ShouldBe(1);
        await AskAsync(new { @do = "join", member = $"{topic}-c", group, topic, instance = "b" });
        await UntilAsync(async () => (await AssignedAsync($"{topic}-c")).Count == 1, "the member to be back");

        (await AssignedAsync($"{topic}-c")).ShouldBe(before);
        (await AssignedAsync($"{topic}-a")).Count.ShouldBe(1);
        await AskAsync(new { @do = "leave", member = $"{topic}-a" });
        await AskAsync(new { @do = "leave", member = $"{topic}-c" });
    }

    private async Task ResumeAsync()
    {
        string topic = await NewTopicAsync();
        string group = $"g-{topic}";
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(0, 10, partitions: 1) });
        await AskAsync(new { @do = "join", member = $"{topic}-a", group, topic });
        await UntilAsync(async () => (await ValuesAsync($"{topic}-a")).Count == 10, "ten records");
        await AskAsync(new { @do = "commit", member = $"{topic}-a" });
        await AskAsync(new { @do = "leave", member = $"{topic}-a" });
        (await CommittedAsync(group, topic)).ShouldBe(10);

        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(10, 5, partitions: 1) });
        await AskAsync(new { @do = "join", member = $"{topic}-b", group, topic });
        await UntilAsync(async () => (await ValuesAsync($"{topic}-b")).Count >= 5, "five more records");

        (await ValuesAsync($"{topic}-b")).ShouldBe(["10", "11", "12", "13", "14"]);
        await AskAsync(new { @do = "leave", member = $"{topic}-b" });
    }

    private async Task GroupAdminAsync()
    {
        string topic = await NewTopicAsync();
        string group = $"g-{topic}";
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(0, 3, partitions: 1) });
        await AskAsync(new { @do = "join", member = $"{topic}-a", group, topic });
        await UntilAsync(async () => (await ValuesAsync($"{topic}-a")).Count == 3, "three records");
        await AskAsync(new { @do = "commit", member = $"{topic}-a" });

        (await AskAsync(new { @do = "listGroups" })).GetProperty("groups").EnumerateArray().Select(each => each.GetString()).ShouldContain(group);
        var described = await AskAsync(new { @do = "describeGroup", group });
        described.GetProperty("state").GetString().ShouldBeOneOf("Stable", "STABLE");
        described.GetProperty("members").GetInt32().ShouldBe(1);
        await AskAsync(new { @do = "leave", member = $"{topic}-a" });
        if (name == ClientMatrix.ConfluentPython) return;
        await AskAsync(new { @do = "deleteGroup", group });

        (await AskAsync(new { @do = "listGroups" })).GetProperty("groups").EnumerateArray().Select(each => each.GetString()).ShouldNotContain(group);
    }

    private async Task OffsetAdminAsync()
    {
        string topic = await NewTopicAsync();
        string group = $"g-{topic}";
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(0, 10, partitions: 1) });

        await AskAsync(new { @do = "alterOffsets", group, topic, partition = 0, offset = 7 });
        (await CommittedAsync(group, topic)).ShouldBe(7);
        await AskAsync(new { @do = "join", member = $"{topic}-a", group, topic });
        await UntilAsync(async () => (await ValuesAsync($"{topic}-a")).Count >= 3, "the records from the offset that was set");

        (await ValuesAsync($"{topic}-a")).ShouldBe(["7", "8", "9"]);
        await AskAsync(new { @do = "leave", member = $"{topic}-a" });
    }

    private static List<ForeignRecord> Numbered(int from, int count, int partitions = 4) => [.. Enumerable.Range(from, count).Select(i => ForeignRecord.Of($"{i}", i % partitions))];

    private async Task<long> CommittedAsync(string group, string topic) => (await AskAsync(new { @do = "committed", group, topic, partition = 0 })).GetProperty("offset").GetInt64();

    private async Task<List<int>> AssignedAsync(string member) =>
        [.. (await AskAsync(new { @do = "state", member })).GetProperty("assigned").EnumerateArray().Select(each => each[1].GetInt32()).Order()];

    private async Task<List<string>> ValuesAsync(string member) =>
        [.. (await AskAsync(new { @do = "state", member })).GetProperty("values").EnumerateArray().Select(each => each.GetString()!)];

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(30, Stop)) (waited.Elapsed < TimeSpan.FromSeconds(45)).ShouldBeTrue($"waited 45 s for {what}");
    }
}
