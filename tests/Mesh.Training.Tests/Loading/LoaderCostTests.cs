using System.Collections.Concurrent;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Loading;

namespace Mesh.Training.Tests.Loading;

public sealed class LoaderCostTests : IDisposable
{
    private readonly LoaderFixture fixture = new();

    [Fact]
    public async Task A_batch_allocates_next_to_nothing()
    {
        await fixture.AddAsync((1, 0, 6000));
        var options = new TensorReadOptions { Columns = LoaderFixture.Columns };
        // The same rows in ten batches and in six hundred: what the others cost is the difference.
        await MeasureAsync(options with { BatchSize = 10 });
        long few = await MeasureAsync(options with { BatchSize = 600 });
        long many = await MeasureAsync(options with { BatchSize = 10 });

        double perBatch = (many - few) / 590.0;
        perBatch.ShouldBeLessThan(400, $"{few:N0} and {many:N0} bytes");
    }

    [Fact]
    public async Task A_trainer_that_does_not_read_holds_the_loader_up_after_two_buffers()
    {
        for (int file = 0; file < 40; file++) await fixture.AddAsync((file, 0, 200));
        var read = new ConcurrentDictionary<string, bool>();
        bool isOpen = false;
        var watched = fixture.Source with
        {
            Files = [.. fixture.Source.Files.Select(file => file with { OpenAsync = async token => new WatchedSource(await file.OpenAsync(token), name => { if (isOpen) read[name] = true; }) })],
        };
        // A buffer holds two files: a row is an id, some bytes with their offset, and whether they are there.
        var options = new TensorReadOptions { Columns = ["id", "image"], BatchSize = 50, ShuffleBufferBytes = 6000 };
        await using var stream = await TensorStream.OpenAsync(watched, options, TimeProvider.System, TestContext.Current.CancellationToken);
        isOpen = true;
        await using var pipe = new FullPipe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var writing = stream.WriteAsync(pipe, stop.Token);
        await pipe.IsFull.Task.WaitAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => read.Count >= 3, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        read.Count.ShouldBeLessThanOrEqualTo(6);

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => writing);
    }

    public void Dispose() => fixture.Dispose();

    private async Task<long> MeasureAsync(TensorReadOptions options)
    {
        await using var stream = await TensorStream.OpenAsync(fixture.Source, options, TimeProvider.System, TestContext.Current.CancellationToken);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await stream.WriteAsync(Stream.Null, TestContext.Current.CancellationToken);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private sealed class WatchedSource(IByteSource inner, Action<string> onRead) : IByteSource
    {
        public long Length => inner.Length;

        public string Name => inner.Name;

        public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            onRead(Name);
            return inner.ReadAtAsync(offset, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    /// <summary>Takes the stream's description and one batch, and then nothing more.</summary>
    private sealed class FullPipe : MemoryStream
    {
        private int writes;

        public TaskCompletionSource IsFull { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (++writes <= 2) return;
            IsFull.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
