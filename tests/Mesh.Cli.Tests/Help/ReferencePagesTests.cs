using Mesh.Cli.Help;
using Mesh.Testing;

namespace Mesh.Cli.Tests.Help;

public class ReferencePagesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "reference");

    [Fact]
    public void The_reference_is_what_the_commands_say()
    {
        const string Remedy = "write it again: dotnet run --project src/Mesh.Cli -c Release -- reference --output docs/reference";
        var pages = ReferencePages.Write(MeshProgram.CreateRoot());

        Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).ShouldBe(pages.Keys, Remedy);
        pages.Where(page => File.ReadAllText(Path.Combine(Folder, page.Key)) != page.Value).Select(page => page.Key).ShouldBeEmpty(Remedy);
    }

    [Fact]
    public void Pages_link_to_pages_that_exist()
    {
        foreach (var (name, text) in ReferencePages.Write(MeshProgram.CreateRoot()))
        {
            foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(text, @"\]\(([a-z]+\.md)\)"))
            {
                File.Exists(Path.Combine(Folder, link.Groups[1].Value)).ShouldBeTrue($"{name} -> {link.Groups[1].Value}");
            }
        }
    }
}
