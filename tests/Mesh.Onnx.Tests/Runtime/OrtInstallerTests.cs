using Mesh.Model;
using Mesh.Onnx.Runtime;
using Mesh.Testing;

namespace Mesh.Onnx.Tests.Runtime;

public sealed class OrtInstallerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Root => folder["runtimes"];

    private string Archive => folder["package.tgz"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_archive_with_the_right_digest_is_installed_found_listed_and_removed()
    {
        string digest = NodePackage.Write(Archive);

        var installed = await new OrtInstaller(Root).InstallAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest }, Stop);

        installed.IsNew.ShouldBeTrue();
        installed.Version.ShouldBe(NodePackage.Version);
        File.ReadAllBytes(installed.Path).ShouldBe(File.ReadAllBytes(OnnxRuntimeLibrary.File));
        Directory.EnumerateFiles(Path.GetDirectoryName(installed.Path)!).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe([$"libonnxruntime.so.{NodePackage.Version}", "runtime.json"]);
        new OrtInstaller(Root).List().ShouldBe([installed with { IsNew = false }]);
        var found = OnnxRuntimes.List(new OnnxRuntimeSearch { InstalledFolder = Root, SystemFolders = [] }).ShouldHaveSingleItem();
        found.Source.ShouldBe(OnnxRuntimeSource.Installed);
        found.Path.ShouldBe(installed.Path);

        new OrtInstaller(Root).Remove(NodePackage.Version);
        NothingIsThere();
    }

    [Fact]
    public async Task Installing_twice_does_it_once()
    {
        string digest = NodePackage.Write(Archive);
        var request = new OrtInstallRequest { Version = NodePackage.Version, Archive = Archive, Integrity = digest };
        var first = await new OrtInstaller(Root).InstallAsync(request, Stop);
        File.Delete(Archive);

        var second = await new OrtInstaller(Root).InstallAsync(request, Stop);

        second.ShouldBe(first with { IsNew = false });
    }

    [Fact]
    public async Task Another_build_of_an_installed_version_does_not_replace_it()
    {
        string digest = NodePackage.Write(Archive);
        await new OrtInstaller(Root).InstallAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest }, Stop);

        // The digest that is known for this version is not the one of the test's archive.
        (await RefusalAsync(new OrtInstallRequest { Version = NodePackage.Version, Archive = Archive })).Code.ShouldBe("MESH9855");
        new OrtInstaller(Root).List().ShouldHaveSingleItem().Integrity.ShouldBe(digest);
    }

    [Fact]
    public async Task A_digest_that_differs_leaves_nothing()
    {
        NodePackage.Write(Archive);

        var error = await RefusalAsync(new OrtInstallRequest { Version = NodePackage.Version, Archive = Archive });

        error.Code.ShouldBe("MESH9855");
        error.Message.ShouldContain(NodePackage.DigestOf(Archive));
        error.Message.ShouldContain(OrtPackages.Integrity[NodePackage.Version]);
        NothingIsThere();
    }

    [Fact]
    public async Task An_archive_nobody_knows_needs_a_digest()
    {
        NodePackage.Write(Archive);

        var error = await RefusalAsync(new OrtInstallRequest { Archive = Archive });

        error.Code.ShouldBe("MESH9854");
        error.Message.ShouldContain("--integrity");
        NothingIsThere();
    }

    [Theory]
    [InlineData("9.9.9", null, "is not known; known are 1.14.0,")]
    [InlineData("../../evil", null, "is no version")]
    [InlineData("1.14.0", "sha512-short", "is no digest")]
    [InlineData("1.14.0", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "is no digest")]
    public async Task A_version_or_digest_that_cannot_be_right_is_refused_before_anything_is_fetched(string version, string? digest, string expected)
    {
        var error = await RefusalAsync(new OrtInstallRequest { Version = version, Integrity = digest });

        error.Code.ShouldBe("MESH9854");
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public async Task An_archive_that_is_cut_off_leaves_nothing()
    {
        NodePackage.Write(Archive);
        byte[] whole = await File.ReadAllBytesAsync(Archive, Stop);
        await File.WriteAllBytesAsync(Archive, whole[..(whole.Length / 2)], Stop);

        (await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = NodePackage.DigestOf(Archive) })).Code.ShouldBe("MESH9858");
        NothingIsThere();
    }

    [Theory]
    [InlineData("this is not an archive")]
    [InlineData("")]
    public async Task A_file_that_is_no_archive_is_refused(string text)
    {
        await File.WriteAllTextAsync(Archive, text, Stop);

        (await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = NodePackage.DigestOf(Archive) })).Code.ShouldBe("MESH9858");
        NothingIsThere();
    }

    [Fact]
    public async Task An_archive_that_is_absent_is_named() =>
        (await RefusalAsync(new OrtInstallRequest { Archive = folder["absent.tgz"] })).Message.ShouldContain(folder["absent.tgz"]);

    [Fact]
    public async Task Another_package_is_refused()
    {
        string digest = NodePackage.Write(Archive, ("package/package.json", NodePackage.PackageJson("left-pad", "1.0.0")));

        (await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest })).Message.ShouldContain("does not say that it is onnxruntime-node");
        NothingIsThere();
    }

    [Fact]
    public async Task A_package_of_another_version_is_refused()
    {
        string digest = NodePackage.Write(Archive);

        var error = await RefusalAsync(new OrtInstallRequest { Version = "1.15.0", Archive = Archive, Integrity = digest });

        error.Code.ShouldBe("MESH9855");
        error.Message.ShouldContain($"is version {NodePackage.Version}, wanted is 1.15.0");
        NothingIsThere();
    }

    [Fact]
    public async Task A_package_without_a_library_for_this_platform_says_for_which_it_has_one()
    {
        string digest = NodePackage.Write(
            Archive,
            ("package/package.json", NodePackage.PackageJson("onnxruntime-node", "1.14.0")),
            ("package/bin/napi-v3/win32/x64/onnxruntime.dll", [1]),
            ("package/bin/napi-v3/plan9/mips/libonnxruntime.so", [1]));

        var error = await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest });

        error.Code.ShouldBe("MESH9857");
        error.Message.ShouldContain($"has no library for {OrtPlatform.Current}; it has plan9-mips, win32-x64");
        NothingIsThere();
    }

    [Fact]
    public async Task A_library_that_this_machine_cannot_load_does_not_stay()
    {
        string digest = NodePackage.Write(
            Archive, ("package/package.json", NodePackage.PackageJson("onnxruntime-node", "1.14.0")), (NodePackage.Here + "libonnxruntime.so.1.14.0", "no library"u8.ToArray()));

        (await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest })).Code.ShouldBe("MESH9850");
        NothingIsThere();
    }

    [Fact]
    public async Task Files_that_want_to_go_elsewhere_go_nowhere()
    {
        string digest = NodePackage.Write(
            Archive,
            ("package/package.json", NodePackage.PackageJson("onnxruntime-node", "1.14.0")),
            (NodePackage.Here + "../../../../../../escaped.so", [1]),
            (NodePackage.Here + "..", [1]),
            ("/package/bin/napi-v3/linux/x64/escaped.so", [1]),
            (NodePackage.Here + "deeper/libonnxruntime.so", [1]));

        (await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest })).Code.ShouldBe("MESH9857");
        NothingIsThere();
        Directory.EnumerateFiles(folder.Path, "escaped*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_killed_installation_left_goes_with_the_next()
    {
        string digest = NodePackage.Write(Archive);
        Directory.CreateDirectory(Path.Combine(Root, ".tmp-killed", "library"));
        await File.WriteAllTextAsync(Path.Combine(Root, ".tmp-killed", "library", "libonnxruntime.so"), "half", Stop);
        OnnxRuntimes.List(new OnnxRuntimeSearch { InstalledFolder = Root, SystemFolders = [] }).ShouldBeEmpty();

        await new OrtInstaller(Root).InstallAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest }, Stop);

        Directory.EnumerateDirectories(Root).Select(Path.GetFileName).ShouldBe([$"{NodePackage.Version}-{OrtPlatform.Current}"]);
    }

    [Fact]
    public async Task Two_installations_into_one_folder_do_not_meet()
    {
        string digest = NodePackage.Write(Archive);
        Directory.CreateDirectory(Root);
        using (new FileStream(Path.Combine(Root, ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            var error = await RefusalAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest });
            error.IsTransient.ShouldBeTrue();
            error.Message.ShouldContain("under way");
        }

        (await new OrtInstaller(Root).InstallAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest }, Stop)).IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task An_installation_that_is_cancelled_leaves_nothing()
    {
        string digest = NodePackage.Write(Archive);

        await Should.ThrowAsync<OperationCanceledException>(() => new OrtInstaller(Root).InstallAsync(new OrtInstallRequest { Archive = Archive, Integrity = digest }, new CancellationToken(canceled: true)));

        NothingIsThere();
    }

    [Fact]
    public void A_version_that_is_not_installed_cannot_be_removed() => Should.Throw<MeshException>(() => new OrtInstaller(Root).Remove("1.14.0")).Code.ShouldBe("MESH9859");

    [Fact]
    public void Every_known_version_has_a_digest_of_its_own()
    {
        OrtPackages.Integrity.Keys.ShouldContain(OrtPackages.DefaultVersion);
        OrtPackages.Integrity.Values.Distinct().Count().ShouldBe(OrtPackages.Integrity.Count);
        OrtPackages.Integrity.Values.ShouldAllBe(digest => digest.StartsWith("sha512-") && Convert.FromBase64String(digest.Substring(7)).Length == 64);
    }

    private Task<MeshException> RefusalAsync(OrtInstallRequest request) => Should.ThrowAsync<MeshException>(() => new OrtInstaller(Root).InstallAsync(request, Stop));

    private void NothingIsThere()
    {
        if (Directory.Exists(Root)) Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName).ShouldBe([".lock"]);
    }
}
