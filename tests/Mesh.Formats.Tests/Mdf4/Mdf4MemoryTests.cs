using System.Buffers.Binary;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Tests.Mdf3;

namespace Mesh.Formats.Tests.Mdf4;

/// <summary>Counts what the process allocates, so nothing else may run.</summary>
[Collection(nameof(Alone))]
public sealed class Mdf4MemoryTests
{
    [Theory]
    [InlineData(1L << 40)]
    [InlineData(-1)]
    [InlineData(100_000_000)]
    public async Task A_compressed_block_that_promises_too_much_is_refused_before_memory_is_taken(long claim)
    {
        var file = new Mdf4Samples();
        long block = file.Zipped("DT", Mdf4Samples.Records(10));
        byte[] bytes = file.Finish(file.DataGroup(file.CountGroup(1L << 40), block));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((int)block + 32), claim);
        long before = GC.GetTotalAllocatedBytes();
        var reading = await MdfReading.ReadAsync(bytes, Mdf4DamageTests.Small);
        reading.Of(0).ShouldBeEmpty();
        reading.Losses.ShouldNotBeEmpty();
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(32 << 20);
    }
}
