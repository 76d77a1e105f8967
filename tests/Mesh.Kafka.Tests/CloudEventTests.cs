using System.Diagnostics;
using System.Text.Json;
using Confluent.Kafka;
using Google.Protobuf;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Kafka.Tests.Readers;

namespace Mesh.Kafka.Tests;

/// <summary>The envelope of events: CloudEvents 1.0 in the Kafka binding's binary mode, read by us and by others.</summary>
public class CloudEventTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_says_what_it_is_and_published_again_it_has_the_same_identity()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance, new ManualTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)));
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);

        await producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(2), Timeout);
        await producer.PublishAsync(Topics.Uploads, "V2", Upload(1), Timeout);
        List<CloudEvent> read = [];
        await foreach (var consumed in admin.ReadToEndAsync<UploadAccepted>(Topics.Uploads, Timeout)) read.Add(consumed.CloudEvent.ShouldNotBeNull());

        read[0].Source.ShouldBe(CloudEvent.MeshSource);
        read[0].Type.ShouldBe("mesh.events.v1.UploadAccepted");
        read[0].Subject.ShouldBe("V1");
        read[0].Time.ShouldBe(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        read[0].DataContentType.ShouldBe("application/protobuf");
        read[0].DataSchema.ShouldBe($"{kafka.Options.SchemaRegistryUrl}/schemas/ids/1");
        read[1].ShouldBe(read[0]);
        read.Select(cloudEvent => cloudEvent.Id).Distinct().Count().ShouldBe(3);
        read.ShouldAllBe(cloudEvent => Guid.Parse(cloudEvent.Id).Version == 8);
    }

    [Fact]
    public async Task An_event_of_an_outbox_keeps_its_identity_time_and_trace()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        var origin = new EventOrigin("0199-a", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1");
        using var other = new Activity("the one that empties the outbox").SetIdFormat(ActivityIdFormat.W3C).Start();

        for (int i = 0; i < 2; i++)
        {
            await producer.PublishSerialisedAsync(Topics.Uploads, "V1", "mesh.events.v1.UploadAccepted", Upload(1).ToByteArray(), origin, Timeout);
        }

        await foreach (var consumed in admin.ReadToEndAsync<UploadAccepted>(Topics.Uploads, Timeout))
        {
            consumed.CloudEvent.ShouldNotBeNull().Id.ShouldBe(origin.Id);
            consumed.CloudEvent.Time.ShouldBe(origin.Time);
            consumed.TraceParent.ShouldBe(origin.TraceParent);
            consumed.TraceState.ShouldBe("vendor=1");
        }
    }

    [Fact]
    public async Task Sending_receiving_and_processing_are_spans_of_one_trace_by_the_messaging_conventions()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = new EventConsumer<UploadAccepted>(kafka.Options, Topics.Uploads, "g", NullLogger.Instance);
        List<Activity> spans = [];
        using var root = new Activity("upload").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EventTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId != root.TraceId && !span.Links.Any(link => link.Context.TraceId == root.TraceId)) return;
                lock (spans) spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);

        await producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);
        var consumed = (await consumer.ReadBatchAsync(1, long.MaxValue, TimeSpan.Zero, Timeout))[0];
        using (consumed.StartProcessing("g"))
        {
        }

        var send = spans.Single(span => span.Kind == ActivityKind.Producer);
        var receive = spans.Single(span => span.Kind == ActivityKind.Client);
        var process = spans.Single(span => span.Kind == ActivityKind.Consumer);
        send.ParentSpanId.ShouldBe(root.SpanId);
        send.DisplayName.ShouldBe($"send {Topics.Uploads}");
        consumed.TraceParent.ShouldBe(send.Id);
        receive.Links.Single().Context.SpanId.ShouldBe(send.SpanId);
        process.ParentSpanId.ShouldBe(send.SpanId);
        process.Links.Single().Context.SpanId.ShouldBe(send.SpanId);
        foreach (var (span, operation) in new[] { (send, "send"), (receive, "receive"), (process, "process") })
        {
            span.GetTagItem("messaging.system").ShouldBe("kafka");
            span.GetTagItem("messaging.operation.type").ShouldBe(operation);
            span.GetTagItem("messaging.destination.name").ShouldBe(Topics.Uploads);
        }

        process.GetTagItem("messaging.message.id").ShouldBe(consumed.CloudEvent!.Id);
        process.GetTagItem("messaging.kafka.offset").ShouldBe(0L);
        process.GetTagItem("messaging.consumer.group.name").ShouldBe("g");
    }

    [Fact]
    public async Task What_is_published_while_an_event_is_processed_belongs_to_its_trace_also_when_nobody_listens()
    {
        var consumed = new ConsumedEvent<UploadAccepted>(new EventPosition("t", 0, 0), "k", default) { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };

        using (consumed.StartProcessing("g"))
        {
            Activity.Current.ShouldNotBeNull().TraceId.ToString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
            Activity.Current.ParentSpanId.ToString().ShouldBe("b7ad6b7169203331");
        }

        await Task.CompletedTask;
    }

    [Fact]
    public void Headers_that_are_no_CloudEvent_are_none()
    {
        CloudEvent.Read(null).ShouldBeNull();
        CloudEvent.Read(Headers(("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/s"))).ShouldBeNull();
        CloudEvent.Read(Headers(("ce_specversion", "0.3"), ("ce_id", "1"), ("ce_source", "/s"), ("ce_type", "t"))).ShouldBeNull();
        CloudEvent.Read(Headers(("ce_specversion", "1.0"), ("ce_id", ""), ("ce_source", "/s"), ("ce_type", "t"))).ShouldBeNull();
        CloudEvent.Read(Headers(("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/s"), ("ce_type", "t"), ("ce_time", "noon")))
            .ShouldBe(new CloudEvent("1", "/s", "t"));
        CloudEvent.Read(Headers(("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/s"), ("ce_type", "t"), ("ce_time", "2018-04-05T17:31:00.5+02:00")))!
            .Time.ShouldBe(new DateTimeOffset(2018, 4, 5, 15, 31, 0, 500, TimeSpan.Zero));
    }

    [Fact]
    public async Task The_headers_are_what_kcat_sees_and_what_the_CloudEvents_SDK_takes_for_a_valid_event()
    {
        Require.AtLeast(TestLevel.Default);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await producer.PublishAsync(Topics.Uploads, "fahrzeug-ü", Upload(7), Timeout);

        string headers = await ToolProcess.RunAsync(kcat, "-C", "-q", "-e", "-b", kafka.Options.Bootstrap, "-t", Topics.Uploads, "-f", "%h");
        var read = (await NodeScript.RunAsync("cloudevents-read.mjs", kafka.Options.Bootstrap, Topics.Uploads, "1"))[0];

        headers.ShouldMatch("^ce_specversion=1.0,ce_id=[0-9a-f-]{36},ce_source=/mesh,ce_type=mesh.events.v1.UploadAccepted,ce_time=[^,]+Z,ce_subject=fahrzeug-ü,ce_dataschema=http://[^,]+/schemas/ids/1,content-type=application/protobuf,traceparent=00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$");
        read.GetProperty("valid").GetBoolean().ShouldBeTrue();
        read.GetProperty("id").GetString().ShouldBe(headers.Split(',')[1]["ce_id=".Length..]);
        read.GetProperty("source").GetString().ShouldBe("/mesh");
        read.GetProperty("type").GetString().ShouldBe("mesh.events.v1.UploadAccepted");
        read.GetProperty("subject").GetString().ShouldBe("fahrzeug-ü");
        read.GetProperty("datacontenttype").GetString().ShouldBe("application/protobuf");
        read.GetProperty("traceparent").GetString().ShouldStartWith("00-");
        byte[] data = Convert.FromBase64String(read.GetProperty("data_base64").GetString()!);
        WireFormat.Locate(data, EventSchema.Of(UploadAccepted.Descriptor), out int start).ShouldBeNull();
        UploadAccepted.Parser.ParseFrom(data, start, data.Length - start).ShouldBe(Upload(7));
    }

    private static Headers Headers(params (string Name, string Value)[] headers)
    {
        var result = new Headers();
        foreach (var (name, value) in headers) result.Add(name, System.Text.Encoding.UTF8.GetBytes(value));
        return result;
    }
}
