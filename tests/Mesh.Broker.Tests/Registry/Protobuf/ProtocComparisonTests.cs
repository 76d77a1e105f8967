using System.Reflection;
using System.Runtime.InteropServices;
using Google.Protobuf.Reflection;
using Mesh.Broker.Registry.Protobuf;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Registry.Protobuf;

/// <summary>The parser's descriptors against those of protoc.</summary>
public class ProtocComparisonTests
{
    private static readonly string GrpcTools = typeof(ProtocComparisonTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "GrpcTools").Value!;

    private static string Include => Path.Combine(GrpcTools, "build", "native", "include");

    public static TheoryData<string, string> Files()
    {
        var files = new TheoryData<string, string>();
        foreach (string file in Directory.GetFiles(Path.Combine(Include, "google", "protobuf"), "*.proto")) files.Add(Include, "google/protobuf/" + Path.GetFileName(file));
        foreach (string folder in (string[])["schemas/events", "tests/data/proto"])
        {
            string whole = Path.Combine(Repository.Root, folder);
            foreach (string file in Directory.GetFiles(whole, "*.proto")) files.Add(whole, Path.GetFileName(file));
        }

        return files;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_has_the_descriptor_that_protoc_gives_it(string folder, string name)
    {
        var expected = await ProtocAsync(folder, name);
        var linked = Load(folder, name);

        var actual = FileDescriptorProto.Parser.ParseFrom(ProtoDescriptorWriter.Write(linked));

        // By text first, since that can be read; what text does not show (custom options) by value.
        Lines(actual).Except(Lines(expected)).ShouldBeEmpty();
        Lines(expected).Except(Lines(actual)).ShouldBeEmpty();
        actual.Equals(expected).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_printed_form_means_the_same_and_prints_as_itself(string folder, string name)
    {
        var linked = Load(folder, name);
        string printed = ProtoPrinter.Print(linked.File);

        var again = ProtoLinker.Link(ProtoParser.Parse(name, printed), path => Read(folder, path));

        ProtoPrinter.Print(again.File).ShouldBe(printed);
        Sorted(again).ShouldBe(Sorted(Load(folder, name)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_descriptor_is_read_back_into_the_same_file(string folder, string name)
    {
        var expected = await ProtocAsync(folder, name);
        string text = ProtoDescriptorReader.TryReadText(Google.Protobuf.MessageExtensions.ToByteArray(expected)).ShouldNotBeNull();

        var linked = ProtoLinker.Link(ProtoParser.Parse(name, text), path => Read(folder, path));
        var actual = FileDescriptorProto.Parser.ParseFrom(ProtoDescriptorWriter.Write(linked));

        Lines(WithoutOptions(actual)).Except(Lines(WithoutOptions(expected))).ShouldBeEmpty();
        WithoutOptions(actual).Equals(WithoutOptions(expected)).ShouldBeTrue();
    }

    [Fact]
    public void The_built_in_files_are_those_protoc_brings_along()
    {
        string[] paths = [.. WellKnownProtos.Paths.Order()];

        paths.ShouldBe(Directory.GetFiles(Path.Combine(Include, "google", "protobuf"), "*.proto").Select(file => "google/protobuf/" + Path.GetFileName(file)).Order());
        foreach (string path in paths)
        {
            var ours = ProtoLinker.Link(WellKnownProtos.Find(path)!, static _ => null);
            Sorted(ours).ShouldBe(Sorted(Load(Include, path)), path);
        }
    }

    private static IEnumerable<string> Lines(FileDescriptorProto file) => file.ToString().Split('{').Select((line, at) => $"{at} {line}");

    /// <summary>Printing groups elements by kind and sorts options, which a descriptor's bytes show; the sizes and the printed form do not.</summary>
    private static string Sorted(LinkedProto linked)
    {
        byte[] bytes = ProtoDescriptorWriter.Write(linked);
        Array.Sort(bytes);
        return Convert.ToHexString(bytes);
    }

    private static FileDescriptorProto WithoutOptions(FileDescriptorProto file)
    {
        var copy = file.Clone();
        copy.Options = null;
        copy.Dependency.Clear();
        copy.PublicDependency.Clear();
        foreach (var service in copy.Service)
        {
            service.Options = null;
            foreach (var method in service.Method) method.Options = null;
        }

        foreach (var extension in copy.Extension) extension.Options = null;
        foreach (var enumeration in copy.EnumType) Strip(enumeration);
        foreach (var message in copy.MessageType) Strip(message);
        Order(copy.MessageType);
        return copy;
    }

    private static void Strip(EnumDescriptorProto enumeration)
    {
        enumeration.Options = null;
        foreach (var value in enumeration.Value) value.Options = null;
    }

    private static void Strip(DescriptorProto message)
    {
        if (message.Options is { MapEntry: false }) message.Options = null;
        foreach (var field in message.Field.Concat(message.Extension)) field.Options = null;
        foreach (var oneof in message.OneofDecl) oneof.Options = null;
        foreach (var range in message.ExtensionRange) range.Options = null;
        foreach (var enumeration in message.EnumType) Strip(enumeration);
        foreach (var nested in message.NestedType) Strip(nested);
        var reserved = message.ReservedRange.OrderBy(range => range.Start).ToList();
        message.ReservedRange.Clear();
        message.ReservedRange.AddRange(reserved);
        Order(message.NestedType);
        var fields = message.Field.OrderBy(field => field.Number).ToList();
        message.Field.Clear();
        message.Field.AddRange(fields);
    }

    private static void Order(Google.Protobuf.Collections.RepeatedField<DescriptorProto> messages)
    {
        var ordered = messages.OrderBy(each => each.Name, StringComparer.Ordinal).ToList();
        messages.Clear();
        messages.AddRange(ordered);
    }

    private static LinkedProto Load(string folder, string name) => ProtoLinker.Link(Read(folder, name)!, path => Read(folder, path));

    private static ProtoFile? Read(string folder, string path) =>
        File.Exists(Path.Combine(folder, path)) ? ProtoParser.Parse(path, File.ReadAllText(Path.Combine(folder, path))) : null;

    private static async Task<FileDescriptorProto> ProtocAsync(string folder, string name)
    {
        string machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux_arm64" : "linux_x64";
        string output = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var run = new System.Diagnostics.ProcessStartInfo(Path.Combine(GrpcTools, "tools", machine, "protoc"))
        {
            RedirectStandardError = true,
            ArgumentList = { "-I", folder, "-I", Include, "--descriptor_set_out=" + output, name },
        };
        try
        {
            using var process = System.Diagnostics.Process.Start(run)!;
            string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            process.ExitCode.ShouldBe(0, errors);
            return FileDescriptorSet.Parser.ParseFrom(await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken)).File.Single();
        }
        finally
        {
            File.Delete(output);
        }
    }
}
