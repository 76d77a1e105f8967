namespace Mesh.Kafka.Tests;

public class PartitionOwnershipTests
{
    private readonly PartitionOwnership ownership = new();

    [Fact]
    public void A_commit_never_goes_backwards()
    {
        ownership.Assign(0);
        ownership.Read(0, 5);

        ownership.MayCommit(0, 8).ShouldBeTrue();
        ownership.Committed(0, 8);

        ownership.MayCommit(0, 8).ShouldBeFalse();
        ownership.MayCommit(0, 7).ShouldBeFalse();
        ownership.MayCommit(0, 9).ShouldBeTrue();
    }

    [Fact]
    public void A_partition_that_went_away_is_not_committed()
    {
        ownership.Assign(0);
        ownership.Read(0, 5);
        ownership.Release(0);

        ownership.MayCommit(0, 6).ShouldBeFalse();
    }

    [Fact]
    public void A_partition_that_came_back_further_on_is_not_committed_where_it_was_before()
    {
        ownership.Assign(0);
        ownership.Read(0, 5);
        ownership.Release(0);
        ownership.Assign(0);

        ownership.MayCommit(0, 6).ShouldBeFalse();
        ownership.Read(0, 100);
        ownership.MayCommit(0, 6).ShouldBeFalse();
        ownership.MayCommit(0, 101).ShouldBeTrue();
    }

    [Fact]
    public void What_was_read_before_the_partition_went_away_is_no_longer_current()
    {
        ownership.Assign(3);
        int before = ownership.Read(3, 0);
        ownership.IsCurrent(3, before).ShouldBeTrue();

        ownership.Release(3);
        ownership.IsCurrent(3, before).ShouldBeFalse();
        ownership.Assign(3);
        ownership.IsCurrent(3, before).ShouldBeFalse();
        ownership.IsCurrent(3, ownership.Read(3, 0)).ShouldBeTrue();
    }
}
