using Mesh.Streaming.Ingest;
using static Mesh.Partition.Tests.PartitionBench;

namespace Mesh.Partition.Tests;

/// <summary>
/// What writing rows allocates, counted in bytes, which no load on the machine changes. Batches are passed on uncopied and pages are
/// written from pooled memory, so that a row costs nothing beside the copy that sorting needs.
/// </summary>
[Collection(nameof(Alone))]
public sealed class PartitionAllocationTests : IDisposable
{
    private const int BatchRows = 2000;
    private static readonly long Noon = Micros("2026-11-22T12:00:00Z");

    private readonly PartitionBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Rows_in_order_are_written_without_being_copied()
    {
        var batches = Enumerable.Range(0, 60).Select(i => Batch("/a", Times(Noon + (i * BatchRows), BatchRows), i * BatchRows)).ToArray();

        (await PerRowAsync(batches)).ShouldBeLessThan(batches[0].Bytes / (double)BatchRows / 4);
    }

    [Fact]
    public async Task Rows_that_must_be_sorted_are_copied_once()
    {
        // Two channels whose times interleave.
        var batches = Enumerable.Range(0, 60)
            .Select(i => Batch(i % 2 == 0 ? "/a" : "/b", Times(Noon + (i / 2 * BatchRows * 2) + (i % 2), BatchRows, step: 2), i * BatchRows)).ToArray();

        (await PerRowAsync(batches)).ShouldBeLessThan(batches[0].Bytes / (double)BatchRows * 2);
    }

    private static List<long> Times(long from, int count, int step = 1) => [.. Enumerable.Range(0, count).Select(i => from + (i * step))];

    // The difference of many batches and few: tables, files and the test itself cost the same for both.
    private async Task<double> PerRowAsync(ChannelBatch[] batches)
    {
        int few = batches.Length / 6;
        await AllocatedAsync(batches);
        long all = await AllocatedAsync(batches);
        long first = await AllocatedAsync(batches[..few]);
        return (all - first) / (double)((batches.Length - few) * BatchRows);
    }

    private async Task<long> AllocatedAsync(ChannelBatch[] batches)
    {
        await using var partitioner = new TablePartitioner(
            Upload with { AttemptId = Guid.NewGuid().ToString("N") }, new PartitionOptions { RowGroupBytes = 1 << 20 }, Mesh.Lakehouse.Iceberg.SchemaChangePolicy.Evolve, bench.Catalogue, bench.Lake);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        foreach (var batch in batches) await partitioner.WriteAsync(batch, Token);
        var files = await partitioner.CompleteAsync(Token);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        files.Sum(table => table.RowCount).ShouldBe(batches.Sum(batch => batch.Batch.Length));
        return allocated;
    }
}

/// <summary>Allocations are counted over the whole process: such tests run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
