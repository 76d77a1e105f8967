using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Tests;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Storage;
using Mesh.Testing;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Profiles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests.Compression;

/// <summary>The stage behind a Kafka cluster that somebody else wrote.</summary>
public sealed class CompressionStageTests : IDisposable
{
    private readonly CompressionFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_registration_becomes_variants_a_rejection_nothing_and_a_stranger_a_dead_letter()
    {
        byte[] bytes = new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("w", [1, 2], 2, 1).AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 1).Build();
        await fixture.RegisterAsync(bytes, "a script", new Dictionary<string, string>());
        await using var kafka = new MockKafka((Topics.ModelRegistered, 1));
        await using (var producer = new EventProducer(kafka.Options, NullLogger.Instance))
        {
            await producer.PublishSerialisedAsync(Topics.ModelRegistered, "x", ModelRegistered.Descriptor.FullName, new byte[] { 0xFF, 0xFF, 0xFF }, null, Stop);
            var rejected = CompressionFixture.Registered("rejected: accuracy 0.1 is below 0.8");
            rejected.Version = 2;
            await producer.PublishAsync(Topics.ModelRegistered, "manoeuvre", rejected, Stop);
            await producer.PublishAsync(Topics.ModelRegistered, "manoeuvre", CompressionFixture.Registered(), Stop);
            await producer.PublishAsync(Topics.ModelRegistered, "manoeuvre", CompressionFixture.Registered(), Stop);
        }

        var store = new LocalObjectStore(fixture["lake"]);
        var options = new CompressionOptions { Targets = CompressionTargets.Default, Runtime = () => new OnnxEvaluator(), SearchPath = "" };
        using var stage = new CompressionStage(
            kafka.Options, fixture.Database, new TableCatalogue(fixture.Database, store, TimeProvider.System), store, options, fixture["jobs"], NullLogger.Instance, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = stage.RunAsync(stop.Token);
        await Eventually.TrueAsync(async () => running.IsCompleted || (await stage.Runner.Variants.FindAsync("manoeuvre@1", Stop))?.State == CompressionState.Done, Stop);
        await stop.CancelAsync();
        await running;

        (await stage.Runner.Variants.ListCompressionsAsync("manoeuvre", 1, Stop)).ShouldHaveSingleItem();
        (await stage.Runner.Variants.ListCompressionsAsync("manoeuvre", 2, Stop)).ShouldBeEmpty();
        // Nobody knows the trainer's features: the variants are there, failed, with what to do.
        (await stage.Runner.Variants.ListAsync("manoeuvre", 1, Stop)).Select(variant => variant.Manifest.Status).ShouldBe(Enumerable.Repeat(VariantStatus.Failed, 4));
        using var outbox = new Outbox(fixture.Database);
        (await outbox.PeekAsync(100, Stop)).Select(entry => entry.Topic).ShouldBe(["mesh.compression.dead-letters.v1", "model.compressed.v1"], ignoreOrder: true);
    }
}
