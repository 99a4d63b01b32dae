// Calls a FitBox server twice over: with an API learnt from the .proto files, and with one learnt from the
// server itself by reflection. Prints what came back as one line of JSON.
//
//     node call_server.js 127.0.0.1:50051 ../../protos

import path from "node:path";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CODING = { keepCase: true, enums: String, longs: Number, defaults: true, oneofs: true };
const SERVICES = ["fitbox.v1.RecommendationService", "fitbox.v1.AdapterService"];
const PROFILE = { age_years: 34, sex: "SEX_FEMALE", weight_kg: 70, height_cm: 168 };
const TYPES = protobuf.loadSync(path.join(HERE, "status.proto"));
const [address, protos] = process.argv.slice(2);

const deadline = () => ({ deadline: Date.now() + 60_000 });

function unary(client, method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, deadline(), (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}

async function collect(stream) {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

function clientOf(definition, name) {
  const Service = grpc.makeGenericClientConstructor(definition[name], name);
  return new Service(address, grpc.credentials.createInsecure());
}

function fromFiles() {
  const files = ["recommendation", "adapter"].map((name) => `fitbox/v1/${name}.proto`);
  return protoLoader.loadSync(files, { ...CODING, includeDirs: [protos] });
}

// Asks for the file of each service and for what these import, until nothing is missing.
async function fromReflection() {
  const definition = protoLoader.loadSync("reflection.proto", { ...CODING, includeDirs: [HERE] });
  const client = clientOf(definition, "grpc.reflection.v1alpha.ServerReflection");
  const stream = client.ServerReflectionInfo(deadline());
  const replies = stream[Symbol.asyncIterator]();
  const ask = async (question) => {
    stream.write(question);
    return (await replies.next()).value;
  };
  const listing = await ask({ list_services: "*" });
  const files = new Map();
  const wanted = SERVICES.map((name) => ({ file_containing_symbol: name }));
  while (wanted.length > 0) {
    const { file_descriptor_response: found } = await ask(wanted.pop());
    for (const bytes of found.file_descriptor_proto) {
      const file = descriptor.FileDescriptorProto.decode(bytes);
      files.set(file.name, file);
      for (const name of file.dependency ?? []) {
        if (!files.has(name)) wanted.push({ file_by_filename: name });
      }
    }
  }
  stream.end();
  client.close();
  const set = descriptor.FileDescriptorSet.encode({ file: [...files.values()] }).finish();
  return {
    services: listing.list_services_response.service.map((service) => service.name).sort(),
    definition: protoLoader.loadFileDescriptorSetFromBuffer(Buffer.from(set), CODING),
  };
}

// What a failed call says of itself: its code, the stable reason, and the fields that cannot be used.
async function failure(call) {
  try {
    await call;
  } catch (error) {
    const [packed] = error.metadata.get("grpc-status-details-bin");
    const status = TYPES.lookupType("google.rpc.Status").decode(packed);
    const unpack = (name) =>
      status.details
        .filter((detail) => detail.typeUrl.endsWith(`google.rpc.${name}`))
        .map((detail) => TYPES.lookupType(`google.rpc.${name}`).decode(detail.value));
    return {
      code: grpc.status[error.code],
      reasons: unpack("ErrorInfo").map((info) => info.reason),
      fields: unpack("BadRequest").flatMap((bad) => bad.fieldViolations.map((one) => one.field)),
    };
  }
  return { code: "OK" };
}

async function exercise(definition) {
  const [recommend, adapters] = SERVICES.map((name) => clientOf(definition, name));
  const workout = await unary(recommend, "RecommendWorkout", { request_id: "node", profile: PROFILE });
  const nutrition = await unary(recommend, "RecommendNutrition", { profile: PROFILE });
  const stream = await collect(recommend.StreamAdvice({ profile: PROFILE }, deadline()));
  const batch = recommend.BatchRecommend(deadline());
  for (const kind of ["WORKOUT", "NUTRITION", "ADVICE"]) {
    batch.write({ request_id: kind, kind: `RECOMMENDATION_KIND_${kind}`, profile: PROFILE });
  }
  batch.write({ request_id: "bad", kind: "RECOMMENDATION_KIND_WORKOUT" });
  batch.end();
  const outcomes = Object.fromEntries((await collect(batch)).map((one) => [one.request_id, one.outcome]));
  const invalid = await failure(
    unary(recommend, "RecommendAdvice", { profile: { ...PROFILE, age_years: 7, sex: 0 } }),
  );
  const unknown = await failure(unary(adapters, "GetAdapter", { version: "v000009-00000000" }));
  const watch = adapters.WatchAdapters({});
  const [first] = [(await watch[Symbol.asyncIterator]().next()).value];
  watch.on("error", () => {}); // its own cancellation
  watch.cancel();
  recommend.close();
  adapters.close();
  return {
    request_id: workout.request_id,
    source: workout.provenance.source,
    exercises: workout.plan.sessions.flatMap((session) => session.exercises).length,
    kcal_ratio: nutrition.plan.total_kcal / nutrition.plan.target_kcal,
    stream: stream.map((event) => event.event),
    tips: stream.at(-1).result.advice.tips.length,
    outcomes,
    invalid,
    unknown,
    serving: first.serving_version,
  };
}

const reflected = await fromReflection();
const result = {
  services: reflected.services,
  files: await exercise(fromFiles()),
  reflection: await exercise(reflected.definition),
};
console.log(JSON.stringify(result));
