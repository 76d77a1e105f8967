using Mesh.Broker.Storage;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class OffsetStoreTests
{
    [Fact]
    public async Task Offsets_cut_at_any_byte_are_those_of_an_earlier_commit_never_a_mixture()
    {
        using var folder = new TemporaryFolder();
        await using (var store = await OpenAsync(folder["groups"]))
        {
            for (int i = 1; i <= 10; i++)
            {
                (await store.CommitAsync("g", [Change("t", 0, i), Change("t", 1, i * 100)])).ShouldBeTrue();
            }
        }

        byte[] whole = await File.ReadAllBytesAsync(folder["groups", "offsets.log"], TestContext.Current.CancellationToken);
        for (int cut = 0; cut <= whole.Length; cut += 5)
        {
            string copy = folder[$"cut-{cut}"];
            Directory.CreateDirectory(copy);
            await File.WriteAllBytesAsync(Path.Combine(copy, "offsets.log"), whole[..cut], TestContext.Current.CancellationToken);
            await using var recovered = await OpenAsync(copy);
            int commits = (int)((long)cut * 10 / whole.Length);
            (recovered.Find("g", "t", 0)?.Offset ?? 0).ShouldBe(commits, $"cut at byte {cut}");
            (recovered.Find("g", "t", 1)?.Offset ?? 0).ShouldBe(commits * 100);
        }
    }

    [Fact]
    public async Task The_file_follows_the_number_of_offsets_not_of_commits()
    {
        using var folder = new TemporaryFolder();
        await using (var store = await OpenAsync(folder["groups"]))
        {
            for (int i = 1; i <= 500; i++) await store.CommitAsync("g", [Change("t", 0, i)]);
            await store.CommitAsync("g", [new OffsetChange("t", 9, new CommittedOffset(7, 3, "note"))]);
        }

        await using var again = await OpenAsync(folder["groups"]);
        new FileInfo(folder["groups", "offsets.log"]).Length.ShouldBeLessThan(200);
        again.Find("g", "t", 0)!.Value.Offset.ShouldBe(500);
        again.Find("g", "t", 9).ShouldBe(new CommittedOffset(7, 3, "note"));
        await again.ForgetTopicAsync("t");
        again.Groups.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pending_offsets_survive_a_restart_and_become_valid_at_a_commit_only(bool commit)
    {
        using var folder = new TemporaryFolder();
        await using (var store = await OpenAsync(folder["groups"]))
        {
            await store.CommitAsync("g", [Change("t", 0, 1)]);
            await store.PendAsync(7, "g", [Change("t", 0, 2), Change("t", 1, 3)]);
            await store.PendAsync(8, "g", [Change("t", 2, 4)]);
        }

        for (int start = 0; start < 3; start++)
        {
            await using var store = await OpenAsync(folder["groups"]);
            store.IsPending("g", "t", 0).ShouldBeTrue();
            store.PendingOfGroup("g").ShouldBe([("t", 0), ("t", 1), ("t", 2)], ignoreOrder: true);
            store.Find("g", "t", 0)!.Value.Offset.ShouldBe(1);
            store.Find("g", "t", 1).ShouldBeNull();
        }

        await using (var store = await OpenAsync(folder["groups"])) (await store.EndAsync(7, commit)).ShouldBeTrue();
        await using var ended = await OpenAsync(folder["groups"]);
        ended.Find("g", "t", 0)!.Value.Offset.ShouldBe(commit ? 2 : 1);
        (ended.Find("g", "t", 1)?.Offset).ShouldBe(commit ? 3 : null);
        ended.PendingOfGroup("g").ShouldBe([("t", 2)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_positions_the_one_sent_later_counts_also_after_the_file_was_written_anew(bool restart)
    {
        using var folder = new TemporaryFolder();
        var store = await OpenAsync(folder["groups"]);
        await store.PendAsync(1, "g", [Change("t", 0, 10)]);
        await store.CommitAsync("g", [Change("t", 0, 20)]);
        await store.PendAsync(2, "g", [Change("t", 1, 30)]);
        await store.PendAsync(1, "g", [Change("t", 1, 40)]);
        if (restart)
        {
            await store.DisposeAsync();
            store = await OpenAsync(folder["groups"]);
        }

        await store.EndAsync(1, commit: true);
        await store.EndAsync(2, commit: true);

        store.Find("g", "t", 0)!.Value.Offset.ShouldBe(20);
        store.Find("g", "t", 1)!.Value.Offset.ShouldBe(40);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_deleted_topics_pending_offsets_do_not_come_back_with_the_commit()
    {
        using var folder = new TemporaryFolder();
        await using var store = await OpenAsync(folder["groups"]);
        await store.PendAsync(1, "g", [Change("t", 0, 10), Change("kept", 0, 11)]);
        await store.ForgetTopicAsync("t");
        await store.EndAsync(1, commit: true);

        store.OfGroup("g").Select(offset => offset.Topic).ShouldBe(["kept"]);
    }

    [Fact]
    public async Task Commits_of_many_groups_at_once_are_all_on_the_disk_when_they_are_answered()
    {
        using var folder = new TemporaryFolder();
        var store = await OffsetStore.OpenAsync(folder["groups"], FlushPolicy.Fsync, TimeProvider.System, NullLogger.Instance);
        var commits = Enumerable.Range(0, 200).Select(i => store.CommitAsync($"g{i % 20}", [Change("t", i / 20, i)]).AsTask());
        (await Task.WhenAll(commits)).ShouldAllBe(done => done);

        // Not closed: what is in the file now is what a kill leaves.
        await using var again = await OpenAsync(folder["groups"]);
        for (int i = 0; i < 200; i++) again.Find($"g{i % 20}", "t", i / 20)!.Value.Offset.ShouldBe(i);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_file_of_the_first_version_is_understood()
    {
        using var folder = new TemporaryFolder();
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("g");
            writer.Write(1);
            writer.Write("t");
            writer.Write(3);
            writer.Write(true);
            writer.Write(42L);
            writer.Write(-1);
            writer.Write(false);
        }

        byte[] entry = content.ToArray();
        byte[] file = [.. BitConverter.GetBytes(entry.Length), .. BitConverter.GetBytes(Mesh.Broker.Protocol.Crc32C.Compute(entry)), .. entry];
        Directory.CreateDirectory(folder["groups"]);
        await File.WriteAllBytesAsync(folder["groups", "offsets.log"], file, TestContext.Current.CancellationToken);

        await using var store = await OpenAsync(folder["groups"]);
        store.Find("g", "t", 3).ShouldBe(new CommittedOffset(42, -1, null));
        store.LastActive("g").ShouldNotBeNull().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task An_entry_that_claims_more_than_it_has_is_damage_not_memory()
    {
        using var folder = new TemporaryFolder();
        byte[] entry = [1, (byte)'g', 0xff, 0xff, 0xff, 0x7f];
        byte[] file = [.. BitConverter.GetBytes(entry.Length), .. BitConverter.GetBytes(Mesh.Broker.Protocol.Crc32C.Compute(entry)), .. entry];
        Directory.CreateDirectory(folder["groups"]);
        await File.WriteAllBytesAsync(folder["groups", "offsets.log"], file, TestContext.Current.CancellationToken);

        await using var store = await OpenAsync(folder["groups"]);
        store.Groups.ShouldBeEmpty();
        File.Exists(folder["groups", "offsets.log.set-aside"]).ShouldBeTrue();
    }

    private static OffsetChange Change(string topic, int partition, long offset) => new(topic, partition, new CommittedOffset(offset, -1, null));

    private static ValueTask<OffsetStore> OpenAsync(string folder) => OffsetStore.OpenAsync(folder, FlushPolicy.PageCache, TimeProvider.System, NullLogger.Instance);
}
