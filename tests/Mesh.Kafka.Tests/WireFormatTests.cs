using Google.Protobuf;
using Mesh.Kafka.Events;

namespace Mesh.Kafka.Tests;

public class WireFormatTests
{
    private static readonly EventSchema Upload = EventSchema.Of(UploadAccepted.Descriptor);
    private static readonly EventSchema Committed = EventSchema.Of(SnapshotCommitted.Descriptor);

    [Fact]
    public void The_first_message_of_a_file_has_the_single_byte_zero_as_its_index()
    {
        var message = new UploadAccepted { VehicleId = "V1" };

        byte[] value = WireFormat.Write(258, Upload, message);

        value.ShouldBe([0, 0, 0, 1, 2, 0, .. message.ToByteArray()]);
    }

    [Fact]
    public void A_later_message_of_a_file_has_its_path_as_zig_zag_varints()
    {
        int index = SnapshotCommitted.Descriptor.Index;
        index.ShouldBeGreaterThan(0);

        byte[] value = WireFormat.Write(7, Committed, new SnapshotCommitted());

        value.ShouldBe([0, 0, 0, 0, 7, 2, (byte)(index * 2)]);
    }

    [Fact]
    public void An_index_above_63_takes_two_bytes() => WireFormat.EncodeIndex([64]).ShouldBe([2, 0x80, 0x01]);

    [Theory]
    [InlineData(new byte[0], "too few")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1 }, "too few")]
    [InlineData(new byte[] { (byte)'{', 1, 2, 3, 4, 5, 6 }, "magic")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "damaged")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 40, 2, 4 }, "damaged")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 2, 4, 1 }, "message [2] of schema 9")]
    public void A_value_that_holds_no_such_event_is_refused_with_the_reason(byte[] value, string reason)
    {
        WireFormat.Locate(value, Upload, out _).ShouldNotBeNull().ShouldContain(reason);
    }

    [Fact]
    public void The_long_form_of_index_zero_is_read_too()
    {
        WireFormat.Locate([0, 0, 0, 0, 1, 2, 0, 42], Upload, out int start).ShouldBeNull();
        start.ShouldBe(7);
    }

    [Fact]
    public void An_index_in_the_plain_varints_of_old_python_clients_is_read_too()
    {
        byte index = (byte)SnapshotCommitted.Descriptor.Index;

        WireFormat.Locate([0, 0, 0, 0, 1, 1, index, 42], Committed, out int start).ShouldBeNull();
        start.ShouldBe(7);
        WireFormat.Locate([0, 0, 0, 0, 1, 1, index, 42], Upload, out _).ShouldNotBeNull().ShouldContain($"message [{index}] of schema 1");
    }

    [Fact]
    public void Mutated_events_are_either_read_or_refused_and_nothing_else()
    {
        var random = new Random(20261122);
        byte[] valid = WireFormat.Write(3, Committed, new SnapshotCommitted { Table = "raw.imu", SnapshotId = 42, IngestIds = { "a", "b" } });
        int refused = 0, read = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] value = valid[..random.Next(valid.Length + 1)];
            for (int flips = random.Next(4); flips > 0 && value.Length > 0; flips--) value[random.Next(value.Length)] = (byte)random.Next(256);

            if (WireFormat.Locate(value, Committed, out int start) is not null)
            {
                refused++;
                continue;
            }

            start.ShouldBeInRange(6, value.Length);
            try
            {
                SnapshotCommitted.Parser.ParseFrom(value, start, value.Length - start);
                read++;
            }
            catch (InvalidProtocolBufferException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(1_000);
        read.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void Every_event_can_be_found_by_name_and_its_file_read()
    {
        var found = EventSchema.Find("mesh.events.v1.SnapshotCommitted");

        found.MessageIndex.ShouldBe(Committed.MessageIndex);
        found.ReadText().ShouldContain("message SnapshotCommitted");
    }
}
