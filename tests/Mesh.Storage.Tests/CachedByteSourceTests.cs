using Mesh.Model;

namespace Mesh.Storage.Tests;

public sealed class CachedByteSourceTests
{
    [Fact]
    public async Task Closing_twice_is_harmless_and_closes_what_is_below_once()
    {
        var inner = new Counting();
        var source = new CachedByteSource(inner, blockBytes: 4);
        byte[] buffer = new byte[3];
        (await source.ReadAtAsync(1, buffer, TestContext.Current.CancellationToken)).ShouldBe(3);

        await source.DisposeAsync();
        await source.DisposeAsync();

        buffer.ShouldBe([1, 2, 3]);
        inner.Closed.ShouldBe(1);
    }

    private sealed class Counting : IByteSource
    {
        public int Closed { get; private set; }

        public long Length => 100;

        public string Name => "counting";

        public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            for (int i = 0; i < buffer.Length; i++) buffer.Span[i] = (byte)(offset + i);
            return ValueTask.FromResult(buffer.Length);
        }

        public ValueTask DisposeAsync()
        {
            Closed++;
            return ValueTask.CompletedTask;
        }
    }
}
