using Mesh.Columnar;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;
using Mesh.Formats.Tests.Mcap;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

[Collection(nameof(Alone))]
public sealed class BusAllocationTests
{
    [Fact]
    public async Task Reading_a_frame_and_finding_its_message_allocates_nothing()
    {
        var writer = new BlfWriter();
        const int Count = 100_000;
        for (int i = 0; i < Count; i++) writer.Add(1, (ulong)i, BlfWriter.CanMessage(1, (uint)(0x100 + (i % 4)), [1, 2, 3, 4, 5, 6, 7, 8]));
        byte[] file = writer.ToFile(128 << 10, true);
        var database = Signals.Database("BO_ 256 A: 8 X\n SG_ s : 0|16@1+ (0.5,1) [0|0] \"\" X\nBO_ 257 B: 8 X\n SG_ s : 7|16@0- (0.5,1) [0|0] \"\" X\n");
        var options = new RecordingReaderOptions { Databases = [new BusDatabaseBinding(database, null)], Parallelism = 1 };
        await ReadAsync();
        await ReadAsync();
        long before = GC.GetAllocatedBytesForCurrentThread();
        (await ReadAsync()).ShouldBe(Count);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Count).ShouldBeLessThan(30, "bytes per frame: buffers and definitions of one file");

        async Task<long> ReadAsync()
        {
            long count = 0;
            await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), options, default);
            while (await reader.ReadBlockAsync(default) is { } block) count += block.Messages.Length;
            return count;
        }
    }

    [Fact]
    public void Decoding_a_message_allocates_nothing_but_its_columns()
    {
        var message = Signals.Database("BO_ 1 M: 8 X\n SG_ m M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ a m1 : 8|16@1- (0.5,1) [0|0] \"\" X\n SG_ b : 39|16@0+ (0.5,1) [0|0] \"\" X\n").Messages[0];
        var decoder = MessageDecoders.Create("can", BusSchemas.SchemaOf(message));
        var builder = new StructBuilder(decoder.Type);
        ColumnBuilder[] row = [.. builder.Children];
        const int Count = 50_000;
        byte[] data = new byte[Count * 8];
        var run = new MessageRef[Count];
        for (int i = 0; i < Count; i++) (run[i], data[i * 8]) = (new MessageRef(0, 0, 0, 0, i * 8, 8, 0), (byte)(i & 1));
        Fill();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill();

        // Three values and the bits of one column's nulls.
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)Count).ShouldBeLessThan(4 + 8 + 8 + 8, "bytes per message");

        void Fill()
        {
            decoder.DecodeRun(data, run, row, out var failure).ShouldBe(Count);
            failure.ShouldBeNull();
            builder.EndStructs(Count);
            builder.BuildBatch().Length.ShouldBe(Count);
        }
    }
}
