// J16: reads, signed in or not, the conditions of both programmes, written from the pack in force.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';

const { on } = journey('j16_conditions');

on('anybody reads the conditions in plain words, with articles; earlier packs by date', async ({ phone }) => {
  await phone.go('/programmes');
  await phone.says('首违警告', '学习减分', '要同时满足这些条件', '罚款不超过 200 元', '按日期看规则', '正在执行');
  assert.ok((await phone.page.locator('#first ol li').count()) >= 10);
  await phone.screen('in-force');
  await phone.go('/programmes?on=2018-01-01');
  await phone.says('2018年1月1日');
  await phone.screen('earlier');
  await phone.go('/programmes?on=2023-01-01');
  await phone.screen('later');
});
