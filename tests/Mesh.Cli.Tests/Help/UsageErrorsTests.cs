using Mesh.Cli.Help;

namespace Mesh.Cli.Tests.Help;

public class UsageErrorsTests
{
    [Theory]
    [InlineData("recordins list", "There is no command `mesh recordins`. Did you mean `mesh recordings`?")]
    [InlineData("recordings lsit", "There is no command `mesh recordings lsit`. Did you mean `mesh recordings list`?")]
    [InlineData("cata tables", "There is no command `mesh cata`. Did you mean `mesh cat`?")]
    [InlineData("deadletter list", "There is no command `mesh deadletter`. Did you mean `mesh deadletters`?")]
    [InlineData("promote", "There is no command `mesh promote`. There is `mesh models promote`.")]
    [InlineData("recordings list --limt 3", "`mesh recordings list` has no option `--limt`. Did you mean `--limit`?")]
    [InlineData("recordings list --limt=3", "`mesh recordings list` has no option `--limt`. Did you mean `--limit`?")]
    [InlineData("recordings list --limit many", "`--limit` is 'many', but should be a whole number.")]
    [InlineData("jobs read --describe --holdouts exlude", "`--holdouts` is 'exlude', but should be one of exclude, include, only. Did you mean 'exclude'?")]
    [InlineData("deadletters list --state opne", "`--state` is 'opne', but should be one of dropped, open, replayed, replaying. Did you mean 'open'?")]
    [InlineData("holdouts", "`mesh holdouts` does nothing alone; it takes one of: freeze, list.")]
    [InlineData("xyzzy", "There is no command `mesh xyzzy`.")]
    public void A_command_line_that_makes_no_sense_is_answered_with_what_was_probably_meant(string line, string said) =>
        UsageErrors.Of(MeshProgram.CreateRoot().Parse(line.Split(' '))).ShouldBe([said]);

    [Theory]
    [InlineData("recordings list --limit 3")]
    [InlineData("publish --help")]
    [InlineData("catalogue delete t --where /h --dry-run")]
    public void One_that_does_is_not(string line) => MeshProgram.CreateRoot().Parse(line.Split(' ')).Errors.ShouldBeEmpty();
}
