namespace Mesh.Kafka.Tests;

public class GroupMemberTests
{
    [Fact]
    public void An_assignment_names_topics_and_partitions() => TopicAdmin.PlacesOf(
        [0, 1, 0, 0, 0, 1, 0, 1, (byte)'t', 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0]).ShouldBe([new TopicPlace("t", 1), new TopicPlace("t", 3)]);

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 9 })]
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 1, 127, 255, 1 })]
    public void Bytes_that_make_no_sense_name_nothing(byte[] assignment) => TopicAdmin.PlacesOf(assignment).ShouldBeEmpty();
}
