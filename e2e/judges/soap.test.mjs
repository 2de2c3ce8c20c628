// The npm `soap` client reads the service descriptions and drives every argument variant.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import soap from 'soap';
import { startSims } from './lib/sims.mjs';

let sims;
before(async () => { sims = await startSims(); });
after(() => sims.stop());

const services = {
  A: { path: '/trffweb/services/TmriOutAccess', operation: 'queryObjectOut', last: 'UTF8XmlDoc' },
  'A′': { path: '/pnweb/services/TmriOutAccess', operation: 'queryObjectOut', last: 'QueryXmlDoc', twice: true },
  B: { path: '/trffweb/services/TmriOutNewAccess', operation: 'queryObjectOut', last: 'UTF8XmlDoc' },
  C: { path: '/trffweb/services/TmriOutNewAccess', operation: 'queryObjectOutNew', last: 'UTF8XmlDoc' },
  D: { path: '/trffweb/services/TmriTpAccess', operation: 'queryTpobject', last: 'UTF8XmlDoc' },
  E: { path: '/ProvinceService2/trffweb/services/TmriOutAccess.asmx', operation: 'queryObjectOut', last: 'UTF8XmlDoc' },
};

/** The arguments in the order that the variant's description gives them. */
function parts(variant, jkid, document, changes = {}) {
  const all = {
    xtlb: jkid.slice(0, 2),
    jkxlh: sims.settings[`authority.jkxlh.${jkid}`],
    jkid,
    cjsqbh: sims.settings[`authority.cjsqbh.${jkid}`],
    dwjgdm: '420100000400',
    dwmc: '武汉市公安局交通管理局',
    yhbz: '420100199001010011',
    yhxm: '演示',
    zdbs: '127.0.0.1',
    ...changes,
  };
  const names = {
    B: ['xtlb', 'jkxlh', 'jkid', 'yhbz', 'dwmc', 'dwjgdm', 'yhxm', 'zdbs'],
    C: ['xtlb', 'jkxlh', 'jkid', 'cjsqbh', 'dwjgdm', 'dwmc', 'yhbz', 'yhxm', 'zdbs'],
    D: ['jkxlh', 'jkid'],
  }[variant] ?? ['xtlb', 'jkxlh', 'jkid'];
  const ordered = Object.fromEntries(names.map((name) => [name, all[name]]));
  ordered[services[variant].last] = document;
  return ordered;
}

async function connect(variant) {
  return soap.createClientAsync(`${sims.url}${services[variant].path}?wsdl`);
}

/** The string inside whatever the client makes of a result with or without a type. */
function text(result) {
  const value = Object.entries(result ?? {}).find(([name]) => name !== 'attributes')?.[1];
  return typeof value === 'object' && value !== null ? value.$value ?? '' : value ?? '';
}

const plain = (answer) => decodeURIComponent(answer.replaceAll('+', ' '));
const values = (xml, name) => [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value]) => value);

async function ask(variant, jkid, fields, { whole = false, changes, client } = {}) {
  client ??= await connect(variant);
  const conditions = Object.entries(fields)
    .map(([name, value]) => `<${name}>${whole ? value : encodeURIComponent(value)}</${name}>`)
    .join('');
  const document = `<?xml version="1.0" encoding="GBK"?><root><QueryCondition>${conditions}</QueryCondition></root>`;
  const [result] = await client[`${services[variant].operation}Async`](
    parts(variant, jkid, whole ? encodeURIComponent(document) : document, changes),
  );
  const answer = text(result);
  return answer.startsWith('$') ? answer : plain(answer);
}

const persona = (openid) => {
  const account = sims.city.accounts.find((one) => one.openid === openid);
  return { id: account.id_number, plate: account.bound[0]?.plate, driver: sims.city.drivers.find((d) => d.id_number === account.id_number) };
};

for (const variant of Object.keys(services)) {
  describe(`variant ${variant}`, () => {
    const second = (value) => (services[variant].twice ? plain(value) : value);

    test('a driver, in both encoding habits', async () => {
      const { id, driver } = persona('demo-zhang-first');
      for (const whole of [false, true]) {
        const answer = await ask(variant, '02C06', { sfzmhm: id }, { whole });
        assert.equal(values(answer, 'code')[0], '1', answer);
        assert.equal(second(values(answer, 'xm')[0]), driver.name);
        assert.equal(values(answer, 'zjcx')[0], 'C1');
      }
    });

    test('records of a vehicle, with and without the province character', async () => {
      const { plate } = persona('demo-zhang-first');
      const record = sims.city.records.find((one) => one.plate === plate);
      for (const hphm of [plate, plate.slice(1)]) {
        const answer = await ask(variant, '04C03', { hpzl: '02', hphm, clbj: '0' });
        assert.deepEqual(values(answer, 'xh'), [record.serial]);
        assert.equal(second(values(answer, 'wfdz')[0]), record.place);
        assert.equal(values(answer, 'fkje')[0], String(record.fine_fen / 100));
      }
    });

    test('nothing found has its two shapes', async () => {
      const driver = await ask(variant, '02C06', { sfzmhm: '42010019900101002X' });
      assert.equal(values(driver, 'code')[0], '0');
      assert.match(second(values(driver, 'message')[0]), /查无/);
      const vehicle = await ask(variant, '01C21', { hpzl: '02', hphm: 'A00000' });
      assert.deepEqual([values(vehicle, 'code')[0], values(vehicle, 'rownum')[0]], ['1', '0']);
    });

    test('a wrong interface serial is answered with the trouble marker', async () => {
      const { id } = persona('demo-zhang-first');
      assert.equal(await ask(variant, '02C06', { sfzmhm: id }, { changes: { jkxlh: '0000' } }), '$E');
    });
  });
}

test('variant C refuses the arguments in the order of variant B', async () => {
  const client = await connect('C');
  const right = parts('C', '02C06', '<root><QueryCondition/></root>');
  const { dwjgdm, dwmc, ...rest } = right;
  const swapped = {};
  for (const [name, value] of Object.entries(rest)) {
    swapped[name] = value;
    if (name === 'cjsqbh') Object.assign(swapped, { dwmc, dwjgdm });
  }
  await assert.rejects(client.queryObjectOutNewAsync(swapped), /参数顺序/);
});

test('a decision is written once, and its check digit is read afterwards', async () => {
  const client = await connect('C');
  const { id, plate, driver } = persona('demo-pay-one');
  const record = sims.city.records.find((one) => one.plate === plate && one.handled === '0');
  const [day, time] = new Date(Date.parse(record.at) + 8 * 3_600_000).toISOString().split('T');
  const fields = {
    xh: record.serial, jdsbh: '', ryfl: '4', jszh: id, dabh: driver.file_number, fzjg: '鄂A', zjcx: 'C1', dsr: driver.name,
    clfl: '3', hpzl: '02', hphm: plate, jtfs: 'K33', wfsj: `${day} ${time.slice(0, 5)}`, xzqh: '420100', wfdz: record.place,
    wfxw: record.code, cfzl: '2', fkje: String(record.fine_fen / 100), zqmj: '010001', jkfs: '2', jkbj: '0', jsjqbj: '00',
    clsj: `${day} 20:00:00`, wfjfs: String(record.points),
  };
  const write = async (changes = {}) => {
    const list = Object.entries({ ...fields, ...changes }).map(([n, v]) => `<${n}>${encodeURIComponent(v)}</${n}>`).join('');
    const [result] = await client.writeObjectOutNewAsync(parts('C', '04Z01', `<root><violation>${list}</violation></root>`));
    return plain(text(result));
  };
  assert.match(await write({ dsr: '' }), /缺少必填项：dsr/);
  assert.match(await write({ hphm: '鄂A99999' }), /号牌与违法记录不一致/);
  assert.match(await write({ fkje: '500' }), /限额/);
  const written = await write();
  const [number] = values(written, 'jdsbh');
  assert.match(number, /^\d{15}$/, written);
  assert.deepEqual(values(written, 'wsjyw'), [], 'the write does not tell the check digit');
  assert.match(await write(), /重复/);

  const decision = await ask('C', '04C01', { jdsbh: number });
  assert.match(values(decision, 'wsjyw')[0], /^\d$/);
  assert.deepEqual([values(decision, 'jszh')[0], values(decision, 'jkbj')[0]], [id, '0']);
  const after = await ask('C', '04C03', { xh: record.serial });
  assert.deepEqual([values(after, 'clbj')[0], values(after, 'jdsbh')[0]], ['1', number]);
});
