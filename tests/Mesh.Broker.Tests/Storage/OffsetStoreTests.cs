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

    private static OffsetChange Change(string topic, int partition, long offset) => new(topic, partition, new CommittedOffset(offset, -1, null));

    private static ValueTask<OffsetStore> OpenAsync(string folder) => OffsetStore.OpenAsync(folder, FlushPolicy.PageCache, TimeProvider.System, NullLogger.Instance);
}
