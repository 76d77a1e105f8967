namespace Mesh.Columnar.Tests;

public class LargeBufferTests
{
    [Fact]
    public void Its_memory_holds_what_is_written_and_is_not_on_the_heap()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var buffer = new LargeBuffer(50_000_000);
        buffer.Memory.Span[49_999_999] = 7;
        buffer.GetSpan()[49_999_999].ShouldBe((byte)7);
        using (var pin = buffer.Memory[10..].Pin()) buffer.Memory.Length.ShouldBe(50_000_000);
        buffer.Dispose();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void Reading_what_was_given_back_is_an_error_and_giving_it_back_twice_is_none()
    {
        var buffer = new LargeBuffer(5_000_000);
        var memory = buffer.Memory;
        buffer.Dispose();
        buffer.Dispose();

        Should.Throw<ObjectDisposedException>(() => memory.Span[0]);
        Should.Throw<ObjectDisposedException>(() => memory.Pin());
    }
}
