using System.Runtime.InteropServices;
using Mesh.Columnar.Parquet;

namespace Mesh.Columnar.Tests.Parquet;

public class VectorBufferTests
{
    [Fact]
    public void A_run_keeps_its_values_while_it_grows_and_when_it_is_handed_over()
    {
        var buffer = new VectorBuffer<int>(null);
        buffer.Begin(0);
        for (int i = 0; i < 10_000; i++) buffer.Extend(1)[0] = i;
        var first = buffer.Detach();
        MemoryMarshal.Cast<byte, int>(first.Span).ToArray().ShouldBe(Enumerable.Range(0, 10_000));

        // What comes next is of other memory.
        buffer.Begin(0);
        buffer.Extend(10_000).Fill(-1);
        MemoryMarshal.Cast<byte, int>(first.Span).ToArray().ShouldBe(Enumerable.Range(0, 10_000));
    }

    [Fact]
    public void A_short_run_does_not_take_the_memory_of_a_long_one_with_it()
    {
        var buffer = new VectorBuffer<byte>(null);
        buffer.Begin(1 << 20);
        buffer.Extend(100).Fill(7);
        var taken = buffer.Detach();
        taken.Length.ShouldBe(100);
        MemoryMarshal.TryGetArray(taken, out var array).ShouldBeTrue();
        array.Array!.Length.ShouldBeLessThan(8 << 10);
    }

    [Fact]
    public void Memory_that_no_vector_got_is_given_back()
    {
        var memory = new ColumnMemory(1 << 20);
        var buffer = new VectorBuffer<long>(memory);
        buffer.Begin(10_000);
        buffer.Extend(10_000);
        buffer.Extend(10_000);
        memory.HeldBytes.ShouldBeGreaterThanOrEqualTo(160_000);
        buffer.Free();
        memory.HeldBytes.ShouldBe(0);

        buffer.Begin(0);
        buffer.Extend(10_000);
        buffer.Detach();
        buffer.Free();
        memory.HeldBytes.ShouldBeGreaterThanOrEqualTo(80_000);
        memory.Reclaim();
        memory.HeldBytes.ShouldBe(0);
    }
}
