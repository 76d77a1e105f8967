using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Network;

/// <summary>Requests built by hand from the protocol guide.</summary>
internal static class Requests
{
    public static byte[] Versions(short version) => WireClient.Request(ApiKey.ApiVersions, version, 41, writer =>
    {
        if (version < 3) return;
        writer.String("test");
        writer.String("1");
        writer.Tags();
    }, flexible: version >= 3);

    public static byte[] Produce(short version, short acks, byte[] batch) => WireClient.Request(ApiKey.Produce, version, 5, writer =>
    {
        if (version >= 3) writer.NullableString(null);
        writer.Int16(acks);
        writer.Int32(1_000);
        writer.ArrayLength(1);
        writer.String("t");
        writer.ArrayLength(1);
        writer.Int32(0);
        writer.Bytes(batch);
    });

    /// <summary>A fetch of at most a megabyte from the start of partition 0 of <c>t</c>, in version 4.</summary>
    public static byte[] Fetch(int maxWaitMs) => WireClient.Request(ApiKey.Fetch, 4, 1, writer =>
    {
        writer.Int32(-1);
        writer.Int32(maxWaitMs);
        writer.Int32(1);
        writer.Int32(1 << 20);
        writer.Int8(0);
        writer.ArrayLength(1);
        writer.String("t");
        writer.ArrayLength(1);
        writer.Int32(0);
        writer.Int64(0);
        writer.Int32(1 << 20);
    });

    /// <summary>One request of each kind, mostly in its newest form.</summary>
    public static IEnumerable<byte[]> OfEveryKind()
    {
        yield return Produce(3, 1, Batches.One("value"));
        yield return Produce(7, 1, Batches.One("value", producerId: 1));
        yield return WireClient.Request(ApiKey.CreateTopics, 7, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.String("made");
            writer.Int32(2);
            writer.Int16(1);
            writer.ArrayLength(0);
            writer.ArrayLength(1);
            writer.String("retention.ms");
            writer.NullableString("1000");
            writer.Tags();
            writer.Tags();
            writer.Int32(1000);
            writer.Boolean(false);
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.Fetch, 12, 1, writer =>
        {
            writer.Int32(-1);
            writer.Int32(100);
            writer.Int32(1);
            writer.Int32(1 << 20);
            writer.Int8(0);
            writer.Int32(0);
            writer.Int32(-1);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            writer.Int32(-1);
            writer.Int64(0);
            writer.Int32(-1);
            writer.Int64(-1);
            writer.Int32(1 << 20);
            writer.Tags();
            writer.Tags();
            writer.ArrayLength(0);
            writer.String("");
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.ListOffsets, 7, 1, writer =>
        {
            writer.Int32(-1);
            writer.Int8(0);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            writer.Int32(-1);
            writer.Int64(-2);
            writer.Tags();
            writer.Tags();
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.DeleteRecords, 2, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            writer.Int64(0);
            writer.Tags();
            writer.Tags();
            writer.Int32(1000);
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.OffsetForLeaderEpoch, 4, 1, writer =>
        {
            writer.Int32(-1);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            writer.Int32(-1);
            writer.Int32(0);
            writer.Tags();
            writer.Tags();
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.JoinGroup, 7, 1, writer =>
        {
            writer.String("g");
            writer.Int32(10_000);
            writer.Int32(10_000);
            writer.String("");
            writer.NullableString("static");
            writer.String("consumer");
            writer.ArrayLength(1);
            writer.String("range");
            writer.Bytes([1, 2, 3]);
            writer.Tags();
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.SyncGroup, 5, 1, writer =>
        {
            writer.String("g");
            writer.Int32(1);
            writer.String("m");
            writer.NullableString("static");
            writer.NullableString("consumer");
            writer.NullableString("range");
            writer.ArrayLength(1);
            writer.String("m");
            writer.Bytes([1, 2, 3]);
            writer.Tags();
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.OffsetCommit, 8, 1, writer =>
        {
            writer.String("offsets");
            writer.Int32(-1);
            writer.String("");
            writer.NullableString(null);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            writer.Int64(5);
            writer.Int32(-1);
            writer.NullableString("note");
            writer.Tags();
            writer.Tags();
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.OffsetFetch, 8, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.String("offsets");
            writer.NullArray();
            writer.Tags();
            writer.Boolean(false);
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.InitProducerId, 4, 1, writer =>
        {
            writer.NullableString(null);
            writer.Int32(1000);
            writer.Int64(-1);
            writer.Int16(-1);
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.DescribeConfigs, 4, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.Int8(4);
            writer.String("1");
            writer.NullArray();
            writer.Tags();
            writer.Boolean(true);
            writer.Boolean(true);
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.LeaveGroup, 4, 1, writer =>
        {
            writer.String("g");
            writer.ArrayLength(1);
            writer.String("m");
            writer.NullableString(null);
            writer.Tags();
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.DescribeGroups, 5, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.String("g");
            writer.Boolean(false);
            writer.Tags();
        }, flexible: true);
        yield return WireClient.Request(ApiKey.FindCoordinator, 4, 1, writer =>
        {
            writer.Int8(0);
            writer.ArrayLength(1);
            writer.String("g");
            writer.Tags();
        }, flexible: true);
    }
}
